"""Django's PostgreSQL backend without two costs per request and without a leak of connections.

Django loads instants in Python, because it may convert them to another time zone. Here all are
UTC, so psycopg's own loader is used. Django checks a persistent connection with a query. Here the
socket is checked, and a query is sent only when in doubt. The objects of a thread that has ended
keep its connection open until garbage is collected, so that happens before each new connection.

A persistent connection can work and still be useless: its server has become read-only (SQLSTATE
25006), or its plans are for a table that has changed (0A000). So a connection is closed at the end
of a request in which it failed, unless the client's data caused the failure.
"""

import gc
import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg.types.datetime import TimestamptzLoader

# The code depends on these values, but a role, a database or a server may have other defaults.
# Django sets `TimeZone` in the same way. Poolers refuse `options`. PostgreSQL reports changes of
# these parameters, so a pooler can track them for each client.
PARAMETERS = {
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "standard_conforming_strings": "on",
}


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        gc.collect()
        connection: Any = super().get_new_connection(conn_params)
        connection.adapters.register_loader("timestamptz", TimestamptzLoader)
        return connection

    def init_connection_state(self) -> None:
        super().init_connection_state()
        connection: Any = self.connection
        for name, value in PARAMETERS.items():
            if connection.info.parameter_status(name) != value:
                connection.execute("SELECT set_config(%s, %s, false)", [name, value])

    def create_cursor(self, name: str | None = None) -> Any:
        """As Django does, but the cursor shares the loaders of the connection."""
        connection: Any = self.connection
        if name is None:
            return connection.cursor()
        options = {"scrollable": False, "withhold": connection.autocommit}
        if self.settings_dict["OPTIONS"].get("server_side_binding"):
            return connection.cursor(name, **options)
        cursor: Any = base.ServerSideCursor
        return cursor(connection, name=name, **options)

    def rollback(self) -> None:
        """A transaction that failed is rolled back, which Django takes for a sign of health."""
        failed = self.errors_occurred
        super().rollback()
        self.errors_occurred = failed

    def is_usable(self) -> bool:
        """The socket is readable if the server closed the connection or sent a message."""
        if self.connection is None or self.connection.closed or self.errors_occurred:
            return False
        idle = select.poll()
        idle.register(self.connection.fileno(), select.POLLIN)
        return not idle.poll(0) or super().is_usable()
