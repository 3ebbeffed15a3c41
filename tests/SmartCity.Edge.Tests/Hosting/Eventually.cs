using System.Diagnostics;

namespace SmartCity.Edge.Tests.Hosting;

internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until something is so; fails with the words given when it never is.</summary>
    public static async Task IsTrue(Func<bool> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Deadline, $"After {Deadline} still not: {what}");
            await Task.Delay(Again, TestContext.Current.CancellationToken);
        }
    }
}
