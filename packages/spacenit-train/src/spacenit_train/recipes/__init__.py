"""Official recipes: functions that return an experiment."""
