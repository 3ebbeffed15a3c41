using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Core.Alerts;
using SmartCity.Core.Charges;
using SmartCity.Core.Doubts;
using SmartCity.Core.Live;
using SmartCity.Core.Passages;
using SmartCity.Core.Review;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Tests.Sightings;

/// <summary>Ingest and what goes with it on a real database, as one core has them.</summary>
internal sealed class TestIngest
{
    public TestIngest(NpgsqlDataSource data, ReviewOptions? people = null)
    {
        var (options, two) = (Options.Create(new SightingOptions()), Options.Create(people ?? new ReviewOptions()));
        var passages = new PassageBuilder(Options.Create(new PassageOptions()), new SeenPlates());
        var queue = new ReviewQueue(TimeProvider.System);
        var sieve = new HotListSieve();
        var raiser = new AlertRaiser(sieve, TimeProvider.System);
        var doubted = Options.Create(new DoubtOptions());
        var doubts = new ReadingDoubts(
            new StationPlaces(TimeProvider.System), new RecentReadings(options, doubted, TimeProvider.System), queue, ChargingCity.London, options, Options.Create(new PassageOptions()), doubted, TimeProvider.System);
        Ledger = new ChargeLedger(queue, doubts, ChargingCity.London, options, two, TimeProvider.System);
        InDoubt = new DaysInDoubt(data, Ledger);
        Corrections = new ChargeCorrections(data, Ledger, ChargingCity.London, two, TimeProvider.System);
        var (moves, near, cases) = (new ReadingMove(passages, raiser, doubts, ChargingCity.London), new NearMatches(sieve), new ReadingCases(options, two));
        var revisions = new SightingRevisions(data, moves, Ledger, near, queue, cases, new LiveBatches(), TimeProvider.System);
        Ingest = new SightingIngest(data, new SightingPartitions(data), passages, Ledger, raiser, near, queue, cases, doubts, InDoubt, revisions, new LiveBatches(), TimeProvider.System, NullLogger<SightingIngest>.Instance);
        Reviews = new ReadReviews(data, moves, Ledger, two, TimeProvider.System);
    }

    public ChargeLedger Ledger { get; }

    public ChargeCorrections Corrections { get; }

    public DaysInDoubt InDoubt { get; }

    public SightingIngest Ingest { get; }

    public ReadReviews Reviews { get; }

    public Task<IngestResult> ApplyAsync(params SightingRecord[] records) => Ingest.ApplyAsync(records, [], TestContext.Current.CancellationToken);
}
