"""Ten jobs of an operator, each done by an agent that sees nothing but the tools and their answers."""
