"""Language models: adapters to them, and calls that are limited, repeated, counted and paid for."""
