"""Django's backend for PostgreSQL, with two of its costs to every request and a leak taken out.

It reads instants with a loader in Python, as it may have to move them to another zone; here all
are UTC, so psycopg's own will do. And it asks the server whether a kept connection still works;
here the socket tells, and the server is asked only when in doubt. What a thread that has ended
leaves behind holds its connection until garbage is collected, so that is done before a new one.

And a kept connection can be good and yet stay wrong: to a server that has become read-only
(SQLSTATE 25006), or with plans of a table that has changed since (0A000). So one is closed at the
end of a request in which it failed, except by the data that was sent.
"""

import gc
import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg.types.datetime import TimestamptzLoader

# A role, a database or a server may have other defaults than the code depends on. Django sets
# `TimeZone` in the same way. `options` would not do, as poolers refuse them; PostgreSQL reports
# changes of these parameters, so a pooler can keep them apart for each client.
PARAMETERS = {
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "standard_conforming_strings": "on",
}


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        gc.collect()
        return super().get_new_connection(conn_params)

    def init_connection_state(self) -> None:
        super().init_connection_state()
        connection: Any = self.connection
        for name, value in PARAMETERS.items():
            if connection.info.parameter_status(name) != value:
                connection.execute("SELECT set_config(%s, %s, false)", [name, value])

    def create_cursor(self, name: str | None = None) -> Any:
        cursor = super().create_cursor(name)
        cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
        return cursor

    def is_usable(self) -> bool:
        """A server that closed the connection, or has something to say, makes it readable."""
        if self.connection is None or self.connection.closed or self.errors_occurred:
            return False
        idle = select.poll()
        idle.register(self.connection.fileno(), select.POLLIN)
        return not idle.poll(0) or super().is_usable()
