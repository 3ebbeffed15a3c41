using System.Collections.Concurrent;
using System.Diagnostics;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Database;
using SmartCity.ServiceDefaults;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Sightings;

/// <summary>What traces tell of a batch: its records come from traces of their own.</summary>
public sealed class TraceTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const string Wanted = "TRACE1";
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task An_alert_is_told_in_its_sightings_trace_and_the_batchs_work_is_linked_to_all()
    {
        await postgres.ExecuteAsync("insert into hotlist_entries (id, pattern, reason, priority) values ($1, $2, 'a test', 1)", Guid.CreateVersion7(), Wanted);
        var wanted = Traced(Wanted);
        var other = Traced("TRACE2");
        var ended = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Add,
        };
        ActivitySource.AddActivityListener(listener);

        await new TestIngest(postgres.DataSource).ApplyAsync(wanted, other);

        // Other tests' batches may end meanwhile.
        var alert = Assert.Single(ended, a => a.OperationName == "alert" && a.TraceId == wanted.Trace.TraceId);
        Assert.Equal("TRAC***", alert.GetTagItem("plate"));
        Assert.DoesNotContain(ended, a => a.OperationName == "alert" && a.TraceId == other.Trace.TraceId);
        foreach (var work in (string[])["match", "charge"])
        {
            Assert.Contains(ended, a => a.OperationName == work && a.Links.Select(l => l.Context).Order(ByTrace).SequenceEqual(new[] { wanted.Trace, other.Trace }.Order(ByTrace)));
        }
    }

    private static Comparer<ActivityContext> ByTrace { get; } = Comparer<ActivityContext>.Create((a, b) => string.CompareOrdinal(a.TraceId.ToHexString(), b.TraceId.ToHexString()));

    private static SightingRecord Traced(string plate)
    {
        var record = Record(Sighting(plate, Noon));
        return new SightingRecord(record.Sighting, record.Position, new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded, isRemote: true));
    }
}
