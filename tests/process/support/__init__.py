"""What the tests of real processes share. See tests/process/README.md."""
