"""The local stack: its servers, where they listen, and how they are started, watched and stopped."""
