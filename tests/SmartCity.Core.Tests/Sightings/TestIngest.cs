using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Core.Alerts;
using SmartCity.Core.Charges;
using SmartCity.Core.Passages;
using SmartCity.Core.Review;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Tests.Sightings;

/// <summary>Ingest and what goes with it on a real database, as one core has them.</summary>
internal sealed class TestIngest
{
    public TestIngest(NpgsqlDataSource data)
    {
        var options = Options.Create(new SightingOptions());
        var passages = new PassageBuilder(Options.Create(new PassageOptions()));
        var queue = new ReviewQueue(TimeProvider.System);
        var sieve = new HotListSieve();
        var raiser = new AlertRaiser(sieve, TimeProvider.System);
        Ledger = new ChargeLedger(queue, options, TimeProvider.System);
        Corrections = new ChargeCorrections(data, Ledger, Options.Create(new ReviewOptions()), TimeProvider.System);
        var (moves, near, cases) = (new ReadingMove(passages, raiser), new NearMatches(sieve), new ReadingCases(options));
        var revisions = new SightingRevisions(data, moves, Ledger, near, queue, cases, TimeProvider.System);
        Ingest = new SightingIngest(data, new SightingPartitions(data), passages, Ledger, raiser, near, queue, cases, revisions, TimeProvider.System);
        Reviews = new ReadReviews(data, moves, Ledger, Options.Create(new ReviewOptions()), TimeProvider.System);
    }

    public ChargeLedger Ledger { get; }

    public ChargeCorrections Corrections { get; }

    public SightingIngest Ingest { get; }

    public ReadReviews Reviews { get; }

    public Task<IngestResult> ApplyAsync(params SightingRecord[] records) => Ingest.ApplyAsync(records, [], TestContext.Current.CancellationToken);
}
