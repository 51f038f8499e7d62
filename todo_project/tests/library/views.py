from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.viewsets import ModelViewSet

from todo_project.api.filters import OwnedFilterBackend, ParameterMixin
from todo_project.api.pagination import KeysetPagination
from todo_project.api.preconditions import ETagMixin
from todo_project.api.serializers import CompiledListSerializer, CompiledModelSerializer
from todo_project.api.viewsets import OwnedViewSet

from .models import Book, Label, Shelf  # noqa: F401


class BookSerializer(CompiledModelSerializer):
    size = serializers.SerializerMethodField()
    shelf_name = serializers.CharField(source="shelf.name", default=None)
    reader = serializers.SerializerMethodField()

    class Meta:
        model = Book
        list_serializer_class = CompiledListSerializer
        fields = ["size", "id", "owner", "shelf", "labels", "title", "shelf_name", "reader"]

    def get_size(self, book):
        return f"{book.pages} pages"

    def get_reader(self, book):
        return self.context["request"].user.pk


class PlainSerializer(serializers.ModelSerializer):
    """The same with DRF's serializer."""

    size = serializers.SerializerMethodField()
    shelf_name = serializers.CharField(source="shelf.name", default=None)
    reader = serializers.SerializerMethodField()
    get_size, get_reader = BookSerializer.get_size, BookSerializer.get_reader

    class Meta(BookSerializer.Meta):
        list_serializer_class = serializers.ListSerializer


class NamelessSerializer(BookSerializer):
    """Without the name of the shelf, which needs a query for each book."""

    shelf_name = None

    class Meta(BookSerializer.Meta):
        fields = [name for name in BookSerializer.Meta.fields if name != "shelf_name"]


class TitleSerializer(CompiledModelSerializer):
    class Meta:
        model = Book
        list_serializer_class = CompiledListSerializer
        fields = ["title"]


class YesNoField(serializers.BooleanField):
    representations = {True: "yes", False: "no"}

    def to_representation(self, value):
        return self.representations[value]


class ShortSerializer(CompiledModelSerializer):
    """Columns, and a property that depends on one, with and without a conversion."""

    is_long = serializers.BooleanField(read_only=True)
    long = YesNoField(source="is_long", read_only=True)

    class Meta:
        model = Book
        list_serializer_class = CompiledListSerializer
        fields = ["title", "shelf", "is_long", "long", "pages"]


class PlainShortSerializer(serializers.ModelSerializer):
    is_long = serializers.BooleanField(read_only=True)
    long = YesNoField(source="is_long", read_only=True)

    class Meta(ShortSerializer.Meta):
        list_serializer_class = serializers.ListSerializer


class LoudSerializer(CompiledModelSerializer):
    loud_title = serializers.CharField(read_only=True)

    class Meta:
        model = Book
        list_serializer_class = CompiledListSerializer
        fields = ["title", "loud_title"]


class OwnWaySerializer(ShortSerializer):
    def to_representation(self, instance):
        return {"heading": instance.title}


class FewerSerializer(ShortSerializer):
    """Keeps only some fields, as in DRF's documentation."""

    def __init__(self, *args, only=None, **options):
        super().__init__(*args, **options)
        if only:
            for name in {*self.fields} - {*only}:
                self.fields.pop(name)


class ChangingSerializer(TitleSerializer):
    def get_fields(self):
        fields = super().get_fields()
        if self.context.get("pages"):
            fields["pages"] = serializers.IntegerField()
        return fields


def shelves_of_caller(request):
    return Shelf.objects.filter(owner=request.user)


class PagesFilter(ParameterMixin, filters.NumberFilter):
    pass


class BookFilter(filters.FilterSet):
    at_least = PagesFilter(field_name="pages", lookup_expr="gte")


class ShelfFilter(BookFilter):
    shelf = filters.ModelChoiceFilter(queryset=shelves_of_caller)


class BookViewSet(OwnedViewSet):
    queryset = Book.objects.prefetch_related("labels").order_by("id")
    serializer_class = BookSerializer
    filter_backends = [OwnedFilterBackend]
    filterset_class = ShelfFilter
    pagination_class = KeysetPagination


class NamelessViewSet(BookViewSet):
    serializer_class = NamelessSerializer


class SharedViewSet(BookViewSet):
    filterset_class = BookFilter


class PlainViewSet(ModelViewSet):
    queryset = Book.objects.select_related("shelf").prefetch_related("labels").order_by("id")
    serializer_class = PlainSerializer
    pagination_class = KeysetPagination


class ShortViewSet(BookViewSet):
    queryset = Book.objects.prefetch_related("labels").order_by("-pages", "-id")
    serializer_class = ShortSerializer


class PlainShortViewSet(PlainViewSet):
    queryset = Book.objects.order_by("-pages", "-id")
    serializer_class = PlainShortSerializer


class FewerViewSet(ShortViewSet):
    serializer_class = FewerSerializer

    def get_serializer(self, *args, **options):
        return super().get_serializer(*args, only=["title"], **options)


class TaggedViewSet(ETagMixin, ShortViewSet):
    """Its serializer has neither `id` nor `revision`."""
