"""What takes minutes to hours and is run now and then: comparisons, benches, kills, mutants, seeds."""
