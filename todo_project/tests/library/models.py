from django.conf import settings
from django.db import models

from todo_project.api.owned import Owned, OwnedQuerySet


class Shelf(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=20)

    def __str__(self):
        return self.name


class Label(models.Model):
    name = models.CharField(max_length=20)

    def __str__(self):
        return self.name


class Book(Owned):
    shelf = models.ForeignKey(Shelf, models.SET_NULL, null=True)
    labels = models.ManyToManyField(Label)
    title = models.CharField(max_length=20)
    pages = models.IntegerField(default=0)

    columns = {"is_long": ["pages"]}
    objects = OwnedQuerySet.as_manager()

    def __str__(self):
        return self.title

    @property
    def is_long(self):
        return self.pages > 2

    @property
    def loud_title(self):
        return self.title.upper()
