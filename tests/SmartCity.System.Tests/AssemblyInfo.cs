// Each test runs a whole system; two at once would measure each other.
[assembly: Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
