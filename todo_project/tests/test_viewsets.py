"""`OwnedViewSet` and the compiled serializer, with relations and fields that tasks do not have."""

import gc
import weakref

import pytest
from django.conf import settings
from django.db import connection
from django.db.models.signals import post_init
from django.test import override_settings
from rest_framework import serializers
from rest_framework.test import APIRequestFactory, force_authenticate

from todo_project.api.prepared import PreparedQuery, cached_for


@pytest.fixture(scope="module", autouse=True)
def library(django_db_setup, django_db_blocker):
    """The views of the app `library`. Its tables exist during these tests."""
    apps = [*settings.INSTALLED_APPS, "todo_project.tests.library"]
    with override_settings(INSTALLED_APPS=apps), django_db_blocker.unblock():
        from .library import models, views

        tables = [models.Shelf, models.Label, models.Book]
        with connection.schema_editor() as editor:
            for model in tables:
                editor.create_model(model)
        yield views
        with connection.schema_editor() as editor:
            for model in reversed(tables):
                editor.delete_model(model)


@pytest.fixture
def shelf(library, alice):
    return library.Shelf.objects.create(owner=alice, name="Kitchen")


@pytest.fixture
def add_books(library):
    label = library.Label.objects.create(name="new")

    def add(owner, shelf, count):
        for n in range(count):
            book = library.Book.objects.create(owner=owner, shelf=shelf, title=f"Book {n}", pages=n)
            book.labels.add(label)

    return add


@pytest.fixture
def get(library):
    def get(user, path="/", viewset=library.BookViewSet, **view):
        request = APIRequestFactory().get(path)
        force_authenticate(request, user)
        actions = {"get": "retrieve" if view else "list"}
        return viewset.as_view(actions, detail=bool(view))(request, **view).render()

    return get


def test_a_list_equals_drfs_output_byte_for_byte(get, add_books, library, alice, shelf):
    add_books(alice, shelf, 3)
    library.Book.objects.create(owner=alice, shelf=None, title="On the floor")

    answer = get(alice)

    assert answer.content == get(alice, viewset=library.PlainViewSet).content
    assert b'"shelf_name":"Kitchen"' in answer.content


def test_a_list_costs_the_same_number_of_queries_for_any_number_of_books(
    get, add_books, library, alice, shelf, django_assert_num_queries
):
    for count in (1, 20):
        add_books(alice, shelf, count)
        with django_assert_num_queries(2):  # books, their labels
            get(alice, viewset=library.NamelessViewSet)


def test_an_object_equals_drfs_output_byte_for_byte(get, add_books, library, alice, shelf):
    add_books(alice, shelf, 1)
    pk = library.Book.objects.get().pk

    answer = get(alice, pk=str(pk))

    assert answer.content == get(alice, viewset=library.PlainViewSet, pk=pk).content


def test_a_strangers_object_is_not_found(get, add_books, library, alice, bob):
    add_books(bob, None, 1)

    assert get(alice, pk=str(library.Book.objects.get().pk)).status_code == 404


def test_a_serializer_of_a_single_field_works(library, alice):
    book = library.Book(owner=alice, title="Milk")

    assert library.TitleSerializer(book).data == {"title": "Milk"}


def test_a_filter_whose_choices_depend_on_the_caller_leaks_nothing(
    get, add_books, library, alice, bob, shelf
):
    his = library.Shelf.objects.create(owner=bob, name="Attic")
    add_books(alice, shelf, 2)
    add_books(bob, his, 1)

    for _ in range(3):
        assert len(get(alice, f"/?shelf={shelf.pk}&at_least=1").data) == 1
        assert len(get(bob, f"/?shelf={his.pk}").data) == 1
        assert get(bob, f"/?shelf={shelf.pk}").status_code == 400
        assert get(alice, f"/?shelf={his.pk}").status_code == 400


def test_a_filter_with_a_parameter_is_compiled_once(get, add_books, library, alice, monkeypatch):
    add_books(alice, None, 5)
    get(alice, "/?at_least=1", viewset=library.SharedViewSet)
    monkeypatch.setattr(PreparedQuery, "__init__", None)  # no further query can be compiled

    assert len(get(alice, "/?at_least=4", viewset=library.SharedViewSet).data) == 1


def test_a_compiled_query_is_freed_with_its_queryset(library):
    queryset = library.Book.objects.all()
    cached_for(PreparedQuery, queryset)()
    reference = weakref.ref(queryset)

    del queryset
    gc.collect()

    assert reference() is None


def test_a_paginator_works_with_an_ordinary_view(get, add_books, library, alice, shelf):
    add_books(alice, shelf, 5)

    first = get(alice, "/?page_size=2", viewset=library.PlainViewSet)
    link = first["Link"].split(">")[0].removeprefix("<")
    second = get(alice, link, viewset=library.PlainViewSet)

    assert [book["title"] for book in second.data] == ["Book 2", "Book 3"]


def test_a_model_with_init_signals_is_loaded_by_django(add_books, library, alice, shelf):
    seen = []

    def note(instance, **kwargs):
        seen.append(instance.title)

    add_books(alice, shelf, 2)
    post_init.connect(note, sender=library.Book)
    try:
        books = PreparedQuery(library.Book.objects.order_by("id")).fetch({})
    finally:
        post_init.disconnect(note, sender=library.Book)

    assert seen == ["Book 0", "Book 1"]
    assert [book.title for book in books] == seen


def test_fields_that_depend_on_the_request_use_drf(library, alice):
    book = library.Book(owner=alice, title="Milk", pages=3)
    changed = library.TitleSerializer(book)
    changed.fields["heading"] = serializers.CharField(source="title")

    assert library.ChangingSerializer(book).data == {"title": "Milk"}
    with_pages = library.ChangingSerializer(book, context={"pages": True})
    assert with_pages.data == {"title": "Milk", "pages": 3}
    assert changed.data == {"title": "Milk", "heading": "Milk"}


@pytest.mark.parametrize(
    ("narrow", "reason"),
    [
        (lambda books: books.select_related("shelf"), r"select_related\(\)"),
        (lambda books: books.values("title"), r"values\(\)"),
        (lambda books: books.union(books), r"union\(\)"),
        (lambda books: books.extra(select={"one": "1"}), r"extra\(\)"),
        (lambda books: books.using("other"), r"using\(\)"),
    ],
)
def test_a_query_without_whole_rows_is_refused(library, narrow, reason):
    with pytest.raises(ValueError, match=f"A prepared query cannot have: {reason}"):
        PreparedQuery(narrow(library.Book.objects.all()))


def test_a_query_of_tuples_gives_what_the_queryset_gives(add_books, library, alice, shelf):
    add_books(alice, shelf, 3)
    books = library.Book.objects.order_by("id").values_list("id", "title", "shelf_id")

    assert PreparedQuery(books).fetch({}, 2) == list(books[:2])


@pytest.fixture
def instances(monkeypatch, library):
    """The books that are made."""
    made = []

    def note(book, *args, **options):
        made.append(book)
        init(book, *args, **options)

    init = library.Book.__init__
    monkeypatch.setattr(library.Book, "__init__", note)
    return made


def test_what_columns_suffice_for_is_read_without_instances(
    get, add_books, library, alice, shelf, instances
):
    add_books(alice, shelf, 3)
    instances.clear()

    answers = [
        get(alice, viewset=library.ShortViewSet),
        get(alice, "/?page_size=2", viewset=library.ShortViewSet),
        get(
            alice,
            pk=str(library.Book.objects.values_list("pk", flat=True)[0]),
            viewset=library.ShortViewSet,
        ),
    ]

    assert instances == []
    plain = get(alice, viewset=library.PlainShortViewSet)
    assert answers[0].content == plain.content
    assert answers[1].data == plain.data[:2]
    assert answers[2].data == plain.data[-1]


def test_pages_of_tuples_continue_where_the_last_one_ended(get, add_books, library, alice, shelf):
    add_books(alice, shelf, 5)
    link, titles = "/?page_size=2", []

    while link:
        page = get(alice, link, viewset=library.ShortViewSet)
        titles += [book["title"] for book in page.data]
        following = [one for one in page.get("Link", "").split(", ") if 'rel="next"' in one]
        link = following[0].split(">")[0].removeprefix("<") if following else None

    assert titles == [f"Book {n}" for n in (4, 3, 2, 1, 0)]


def test_a_serializer_that_needs_instances_gets_them(library):
    assert library.ShortSerializer().columns == ["title", "shelf_id", "pages"]
    assert library.LoudSerializer().columns == []
    assert library.OwnWaySerializer().columns == []
    assert library.BookSerializer().columns == []


def test_a_serializer_that_drops_fields_gets_instances(get, add_books, library, alice, shelf):
    add_books(alice, shelf, 2)
    pk = str(library.Book.objects.values_list("pk", flat=True)[0])

    assert get(alice, viewset=library.FewerViewSet).data == [{"title": f"Book {n}"} for n in (1, 0)]
    assert get(alice, pk=pk, viewset=library.FewerViewSet).data == {"title": "Book 0"}


def test_an_etag_needs_no_member(get, add_books, library, alice, shelf):
    add_books(alice, shelf, 1)
    book = library.Book.objects.get()

    response = get(alice, pk=str(book.pk), viewset=library.TaggedViewSet)

    assert response["ETag"] == book.etag
    assert response.data["title"] == "Book 0"
