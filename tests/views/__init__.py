"""Tests of everything visitors can read."""
