"""An app only for tests, with relations and fields that tasks do not have."""
