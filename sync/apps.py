from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "sync"

    def ready(self) -> None:
        from . import schema  # noqa: F401  (it decorates a serializer)
