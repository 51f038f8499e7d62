"""Admin change lists for tables of any size: no full counts, and pages are read by key."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.core.paginator import InvalidPage, Page, Paginator
from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property

from .history import HistoryMixin

AHEAD = 1_000  # the most rows after the start of a page that are counted
DEEPEST = 100_000  # the last row that a page can show; use filters to find later rows
# The most rows of an action that writes rows one by one, or whose confirmation form has a field for
# each row. Django accepts 1,000 fields.
MAX_SELECTED = 500


class AtLeast(int):
    """A number of rows at which counting stopped. Django shows it with a plus sign."""

    def __str__(self) -> str:
        return f"{self:,d}+"


class KeyPaginator(Paginator):
    """Reads the keys of a page and of the next rows, but only the rows of the page.

    The keys come from an index. Rows after `AHEAD` are not counted.
    """

    def __init__(self, object_list: QuerySet[Any], per_page: int, number: int) -> None:
        super().__init__(object_list, per_page)
        self.rows = object_list
        self.begin = max(number - 1, 0) * per_page
        self.end = min(self.begin + AHEAD, DEEPEST)
        self.found = object_list.values_list("pk", flat=True)[self.begin : self.end + 1]

    @cached_property
    def keys(self) -> list[Any]:
        return list(self.found)

    @cached_property
    def count(self) -> int:
        found = self.begin + len(self.keys)
        return AtLeast(self.end) if found > self.end else found

    def page(self, number: Any) -> Page:
        number = self.validate_number(number)
        return Page(self.rows.filter(pk__in=self.keys[: self.per_page]), number, self)


class LargeChangeList(ChangeList):
    def get_filters(self, request: HttpRequest) -> Any:
        try:
            return super().get_filters(request)
        except ValueError as error:  # a year after 9999
            raise IncorrectLookupParameters from error

    def get_results(self, request: HttpRequest) -> None:
        """Like Django's, but does not count all matching rows or all rows of the table."""
        self.paginator = KeyPaginator(self.queryset, self.list_per_page, self.page_num)
        try:
            self.result_list = self.paginator.page(self.page_num).object_list
        except InvalidPage as error:
            raise IncorrectLookupParameters from error
        self.result_count = self.paginator.count
        self.multi_page = self.paginator.num_pages > 1
        self.show_admin_actions, self.can_show_all = True, False
        # The page shows the number of results only if a search or filter is active.
        narrowed = self.query or self.has_active_filters
        self.show_full_result_count = False
        self.full_result_count = None if narrowed else self.result_count


class LargeTableAdmin(HistoryMixin):
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER  # each facet counts the whole table
    actions = ["delete_selected"]

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return LargeChangeList

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Locks the row for a POST, because an API request may write it at the same time."""
        found = super().get_object(request, object_id, from_field)
        if found and request.method == "POST" and connection.in_atomic_block:
            return self.lock(found)
        return found

    def lock(self, found: Any) -> Any:
        """The stored row, locked; None if it has been deleted."""
        return self.model._default_manager.select_for_update().filter(pk=found.pk).first()

    def response_action(self, request: HttpRequest, queryset: Any, *args: Any) -> Any:
        """Like Django's, which raises an exception for invalid keys."""
        try:
            for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.run_validators(self.opts.pk.to_python(key))
        except ValidationError:
            self.message_user(request, "The selection is invalid.", messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset, *args)

    def too_many(self, request: HttpRequest, queryset: QuerySet[Any], most: int) -> bool:
        """Show an error and return True if more than `most` rows are selected."""
        if queryset.order_by()[: most + 1].count() <= most:
            return False
        self.message_user(request, f"Select at most {most:,}. Nothing was changed.", messages.ERROR)
        return True

    @admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Like Django's, but in one transaction with the history."""
        if self.too_many(request, queryset, MAX_SELECTED):
            return None
        with transaction.atomic():
            return delete_selected(self, request, queryset)
