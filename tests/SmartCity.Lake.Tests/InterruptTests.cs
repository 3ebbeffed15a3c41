using System.Diagnostics;
using DuckDB.NET.Data;
using SmartCity.Lake.Tables;

namespace SmartCity.Lake.Tests;

/// <summary>A statement that is cancelled ends, whenever that comes: nothing goes on in the lake after its client has left.</summary>
public class InterruptTests
{
    private const string Long = "select count(*) from range(3000000000) a(i), range(1000) b(j) where i * j % 7 = 8";

    [Fact]
    public void A_statement_ends_when_it_is_cancelled_at_any_moment()
    {
        using var engine = new DuckEngine("UTC", "SET threads = 1");
        for (var i = 0; i < 60; i++)
        {
            using var stop = new CancellationTokenSource();
            var started = Stopwatch.GetTimestamp();
            var canceller = new Thread(() =>
            {
                // From before the statement is read until it runs.
                SpinWait.SpinUntil(() => Stopwatch.GetElapsedTime(started).TotalMilliseconds > i * 0.25);
                stop.Cancel();
            });
            canceller.Start();
            var ended = Record.Exception(() => engine.Run(Long, _ => true, stop.Token));
            canceller.Join();
            Assert.True(ended is OperationCanceledException or DuckDBException, $"{ended}");
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20), $"It went on after it was cancelled at {i * 0.25} ms.");
        }

        var rows = 0;
        engine.Run("select 1", _ => ++rows > 0, CancellationToken.None);
        Assert.Equal(1, rows);
    }
}
