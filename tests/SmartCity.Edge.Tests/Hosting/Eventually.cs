using System.Diagnostics;

namespace SmartCity.Edge.Tests.Hosting;

internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until something is so; fails with the words given when it never is.</summary>
    /// <param name="within">How long; null for half a minute.</param>
    public static async Task IsTrue(Func<bool> condition, string what, TimeSpan? within = null)
    {
        var (started, deadline) = (Stopwatch.GetTimestamp(), within ?? Deadline);
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < deadline, $"After {deadline} still not: {what}");
            await Task.Delay(Again, TestContext.Current.CancellationToken);
        }
    }
}
