from typing import Any

from django.db import models


class CaseFoldedField(models.TextField):
    """The case-folded text of another field, stored for sorting.

    It sorts by code points. No expression would sort the same on both databases: SQLite's LOWER()
    knows only ASCII, and PostgreSQL's order depends on the locale of the cluster.
    """

    def __init__(self, source: str, **options: Any) -> None:
        self.source = source
        super().__init__(editable=False, **options)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, arguments, options = super().deconstruct()
        del options["editable"]
        return name, path, [self.source, *arguments], options

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters

    def pre_save(self, instance: models.Model, add: bool) -> str:
        folded: str = getattr(instance, self.source).casefold()
        setattr(instance, self.attname, folded)
        return folded
