"""The whole main job on an invented paper: its site, its readers, a mail catcher with an inbox."""
