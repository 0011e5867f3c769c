"""Contract tests for backends and adapters, a virtual clock, and the crash driver."""
