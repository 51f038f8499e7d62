from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import CASCADE, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from todo_project.admin.change_lists import MAX_SELECTED, LargeTableAdmin
from todo_project.admin.history import HistoryMixin

from .forms import AdminLoginForm, LimitedPasswordChangeForm
from .login_limit import LoginLimit
from .models import Identity, PersonalToken, SecondFactor, SignIn, User, digests

admin.site.login_form = AdminLoginForm
admin.site.password_change_form = LimitedPasswordChangeForm


class UserCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ["email"]


RIGHTS = ["is_staff", "is_superuser", "groups", "user_permissions"]


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


@admin.register(User)
class UserAdmin(LargeTableAdmin, DjangoUserAdmin):
    add_form = UserCreationForm
    list_display = ["email", "name", "is_active", "is_staff", "date_joined"]
    list_filter = ["is_active", "is_staff", "date_joined"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    activity = ["sign_ins", "personal_tokens"]  # relations, each with a method that shows it
    readonly_fields = ["date_joined", "email_verified_at", "last_login", *activity]
    actions = ["sign_out_everywhere", "delete_selected"]
    fieldsets = [
        (None, {"fields": ["email", "password", "name", "timezone"]}),
        ("Permissions", {"fields": ["is_active", *RIGHTS]}),
        ("Dates", {"fields": ["date_joined", "email_verified_at", "last_login"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "usable_password", "password1", "password2"]}),
    ]
    # Under a lock too, see `get_object()`.
    user_change_password = transaction.atomic(DjangoUserAdmin.user_change_password)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """With what an account has, as far as the caller may see that."""
        first, *others = super().get_fieldsets(request, obj)
        seen = [name for name in self.activity if obj and self.may_see(request, name)]
        return [first, ("Activity", {"fields": seen}), *others] if seen else [first, *others]

    def may_see(self, request: HttpRequest, relation: str) -> bool:
        model: Any = User._meta.get_field(relation).related_model
        return self.admin_site.get_model_admin(model).has_view_or_change_permission(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who is not a superuser makes none, and hands out no rights."""
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else [*fields, *RIGHTS]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return outranks(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return outranks(request, obj) and super().has_delete_permission(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """As Django's, which lists each task; how many there are of anything will do."""
        counts, lacking = {User._meta.verbose_name_plural: len(objs)}, set()
        if not all(self.has_delete_permission(request, user) for user in objs):
            lacking.add(User._meta.verbose_name)
        cascades = [one for one in User._meta.related_objects if one.on_delete is CASCADE]
        for relation in cascades:
            model: Any = relation.related_model
            its_admin = self.admin_site._registry.get(model)
            if its_admin is None:
                continue
            rows = model.objects.filter(**{f"{relation.field.name}__in": objs})
            counts[model._meta.verbose_name_plural] = rows.count()
            if not its_admin.has_delete_permission(request):
                lacking.add(model._meta.verbose_name)
        return [f"User: {user}" for user in objs], counts, lacking, []

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:  # staff who add an account have checked its address
            obj.email_verified_at = timezone.now()
        if form.has_changed():
            super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        super().delete_model(request, obj)
        LoginLimit(None, obj.email).forget()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """One by one, as `User.delete` does more than the database."""
        for user in queryset:
            self.delete_model(request, user)

    @admin.action(description="Sign out everywhere", permissions=["change"])
    def sign_out_everywhere(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        if self.too_many(request, queryset, MAX_SELECTED):
            return
        users = [user for user in queryset if outranks(request, user)]
        with transaction.atomic():
            for user in users:
                user.sign_out_everywhere()
                self.log_change(request, user, "Signed out everywhere.")
        self.message_user(request, f"{len(users)} signed out everywhere.")

    @admin.display(description="sign-ins")
    def sign_ins(self, user: User) -> SafeString:
        url = f"{reverse('admin:accounts_signin_changelist')}?user={user.pk}"
        return format_html('<a href="{}">{}</a>', url, user.sign_ins.count())

    @admin.display(description="personal access tokens")
    def personal_tokens(self, user: User) -> SafeString:
        url = f"{reverse('admin:accounts_personaltoken_changelist')}?user={user.pk}"
        return format_html('<a href="{}">{}</a>', url, user.personal_tokens.count())


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(HistoryMixin, DjangoGroupAdmin):
    """Who is not a superuser changes none: a group gives and takes the rights of its staff."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser


class AccessAdmin(LargeTableAdmin):
    """What gives access to an account: staff can see and delete it, not make or change it."""

    list_filter = [UserFilter]
    list_select_related = ["user"]
    search_fields = ["user__email"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        superior = obj is not None and not outranks(request, obj.user)
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
