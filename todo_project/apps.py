from django.apps import AppConfig


class TodoProjectConfig(AppConfig):
    name = "todo_project"

    def ready(self) -> None:
        from todo_project import checks  # noqa: F401  (the import registers the checks)
