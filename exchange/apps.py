from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """Calendar feeds, and files that users take away or bring along."""

    name = "exchange"
