"""The admin of what gives access to accounts: staff see and remove it, and see no secret."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from todo_project.admin.change_lists import MAX_SELECTED, LargeTableAdmin

from .access import digests
from .models import Identity, PersonalToken, SecondFactor, SignIn, User


def outranks(request: HttpRequest, user: User | None) -> bool:
    """Whether the caller may act on an account: of other staff, only a superuser may."""
    if user is None or user == request.user:
        return True
    return request.user.is_superuser or not (user.is_staff or user.is_superuser)


class UserFilter(admin.SimpleListFilter):
    """Offers none of so many, and shows the one that was chosen: the page of a user links here."""

    title = parameter_name = "user"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        value = self.value() or ""
        self.user = User.objects.filter(pk=value).first() if value.isdecimal() else None
        return [(value, str(self.user or "nobody"))] if value else []

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return (
            queryset.filter(**{str(self.parameter_name): self.user}) if self.value() else queryset
        )


class AccessAdmin(LargeTableAdmin):
    """What gives access to an account: staff can see and delete it, not make or change it."""

    holder = "user"  # the field with the account
    list_filter = [UserFilter]
    list_select_related = ["user"]
    search_fields = ["user__email"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        superior = obj is not None and not outranks(request, getattr(obj, self.holder))
        return not superior and super().has_delete_permission(request, obj)


@admin.register(PersonalToken)
class PersonalTokenAdmin(AccessAdmin):
    """To delete a token is to revoke it."""

    list_display = ["user", "name", "scopes", "created_at", "expires_at", "last_used_at"]
    sortable_by = ["expires_at"]  # what has an index
    ordering = ["-id"]


@admin.register(SecondFactor)
class SecondFactorAdmin(AccessAdmin):
    """To delete one lets its user log in with the password alone, after losing the app."""

    list_display = ["user", "confirmed_at"]
    sortable_by = ()
    ordering = ["-id"]


@admin.register(SignIn)
class SignInAdmin(AccessAdmin):
    """To delete a sign-in is to end it, and every token that came of it."""

    list_display = ["user", "created_at", "last_used_at", "user_agent", "expires_at"]
    sortable_by = ["expires_at"]  # what has an index
    ordering = ["-expires_at"]


@admin.register(Identity)
class IdentityAdmin(LargeTableAdmin):
    """Removing an identity from its account ends its access. Deleting it allows a new start."""

    list_display = ["user", "issuer", "subject", "created_at"]
    list_select_related = ["user"]
    search_fields = ["user__email", "subject"]
    sortable_by = ()
    ordering = ["-id"]
    actions = ["remove", "delete_selected"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        linked = obj is not None and obj.user is not None
        return not linked and super().has_delete_permission(request, obj)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Also one without an account, by the whole of its subject."""
        removed = queryset.filter(subject__in=digests(search_term.strip()))
        found, duplicates = super().get_search_results(request, queryset, search_term)
        return found | removed, duplicates

    @admin.action(description="Remove from the account", permissions=["delete"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Identity]) -> None:
        if self.too_many(request, queryset, MAX_SELECTED):
            return
        identities = [one for one in queryset if outranks(request, one.user)]
        with transaction.atomic():
            for identity in identities:
                identity.remove()
                self.log_change(request, identity, f"Removed from user {identity.user_id}.")
        self.message_user(request, f"{len(identities)} removed.")
