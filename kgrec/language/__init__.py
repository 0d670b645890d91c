"""What is known of the words of shops: word lists, plurals, units, amounts; for whoever reads or checks a text."""
