"""The guest agent: the systems that guests run, and what their agents answer."""
