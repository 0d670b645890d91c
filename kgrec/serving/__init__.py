"""The edges: the command line and the demo. The only room that reads the environment."""
