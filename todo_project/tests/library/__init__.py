"""An app that only tests install: what a viewset may serve that tasks do not have."""
