from django.contrib import admin

from accounts.access_admin import AccessAdmin
from projects.admin import OwnerFilter

from .models import CalendarFeed


@admin.register(CalendarFeed)
class CalendarFeedAdmin(AccessAdmin):
    """To delete an address is to end it. The address is not shown: only a hash is stored."""

    holder = "owner"
    fields = ["owner", "created_at"]
    readonly_fields = ["owner", "created_at"]
    list_display = ["owner", "created_at"]
    list_filter = [OwnerFilter]
    list_select_related = ["owner"]
    search_fields = ["owner__email"]
    sortable_by = ()
    ordering = ["-pk"]
