import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import resolve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "todo_project.settings")
django_application = get_wsgi_application()

from todo_project.server.bodies import Edge  # noqa: E402  (it reads the settings)
from todo_project.server.garbage import GarbageCollection  # noqa: E402

application = GarbageCollection(Edge(django_application))

resolve("/health")  # loads the views
# What is loaded by now stays, so no collection needs to look through it: that took 50 ms. And a
# page of tasks is some hundreds of objects, so by default every other list would cause one.
gc.collect()
gc.freeze()
gc.set_threshold(5_000)
