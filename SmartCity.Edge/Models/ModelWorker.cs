using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Models;
using SmartCity.Edge.Configuration;
using SmartCity.Recognition;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Models;

/// <summary>
/// Follows the core's orders: fetches a version, loads it beside the one that reads, shadows it, lets it take over between two pictures, and watches it. It goes
/// back by itself, whether or not the core can be reached.
/// </summary>
internal sealed class ModelWorker(
    ServedStations stations,
    ModelStore store,
    ModelFetch fetch,
    PlateRecogniser recogniser,
    ModelBoard board,
    IOptions<EdgeModelOptions> options,
    IOptions<RecognitionOptions> recognition,
    IOptions<ConfigurationOptions> core,
    WorkerHealth health,
    TimeProvider time,
    ILogger<ModelWorker> logger) : BackgroundService
{
    private const string Worker = "models";
    private const int FewestReads = 10;

    // So often a version's file may come damaged before it is taken for another file.
    private const int MostDamaged = 3;

    private (string Version, string Sha256)? _candidate;
    private (string Sha256, string Id)? _previous;
    private string? _problem;
    private string _phase = ModelPhase.Serving;
    private ModelShadow? _seen;
    private long _since = time.GetTimestamp();
    private bool _left;
    private (string Sha256, int Times) _damaged;

    /// <summary>A process that ends in order has not died of its models.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (store.Kept is { Watched: true } or { Trying: not null })
        {
            store.Keep(store.Kept with { Begun = 0, Trying = null, Tries = 0 });
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Say();
        return core.Value.Address is null && store.Kept.Current is null ? Task.CompletedTask : health.KeepAsync(Worker, RunAsync, logger, stoppingToken);
    }

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Interval, time);
        do
        {
            try
            {
                GiveBack();
                Watch();
                await FollowAsync(stoppingToken);
                Report();
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested && e is HttpRequestException or OperationCanceledException or IOException or UnauthorizedAccessException)
            {
                _problem = e is HttpRequestException { StatusCode: HttpStatusCode.NotFound } ? "The core has no file for it." : $"It cannot be fetched yet: {e.Message}";
                Report();
            }

            catch (InvalidDataException e)
            {
                // What the order is of cannot be told: what reads goes on, and so does a version that is looked at.
                health.Degraded(Worker, $"The edge cannot use the core's order of a version and goes on with {recogniser.ReaderVersion}: {e.Message}");
            }

            Say();
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    // The pictures that were being read with what went are done by now.
    private void GiveBack()
    {
        if (_left)
        {
            _left = false;
            NativeMemory.GiveBack();
        }
    }

    // What took over is watched for a while, with or without a link.
    private void Watch()
    {
        var current = recogniser.Current;
        if (!store.Kept.Watched)
        {
            return;
        }

        if (current.Reads >= FewestReads && current.Faults > options.Value.MostFaults * current.Reads)
        {
            GoBack($"{current.Faults} of its {current.Reads} readings failed.");
        }
        else if (time.GetElapsedTime(_since) >= options.Value.Watched)
        {
            store.Keep(store.Kept with { Watched = false, Begun = 0 });
            logger.LogInformation("{Version} has proved itself.", recogniser.ReaderVersion);
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        if (stations.Models?.FirstOrDefault(m => ModelOrder.Parse(m.Order.Text).Kind == ModelKind.Reader) is not { } release)
        {
            return;
        }

        var order = ModelOrder.Parse(release.Order.Text);
        if (recognition.Value.Reader != CityReader.Id)
        {
            Refuse(order, null, $"Recognition:Reader is {recognition.Value.Reader}: this edge takes no other versions.");
        }
        else if (store.Verifier is null)
        {
            Refuse(order, null, "This edge has no key to check it with. Set Edge:Models:PublicKeyPath.");
        }
        else if (!store.Verifier.Holds(release.Order))
        {
            Refuse(order, null, "The order is not signed with the key that this edge trusts.");
        }
        else if (order.Sequence < store.Kept.Order)
        {
            Refuse(order, null, $"The order {order.Sequence} is older than {store.Kept.Order}, which this edge has taken.");
        }
        else if (IsCurrent(order))
        {
            Done(order);
        }
        else if (store.Kept.Refused.TryGetValue(order.ManifestSha256, out var reason))
        {
            Refuse(order, null, reason);
        }
        else
        {
            await TakeAsync(order, release.Manifest, cancellationToken);
        }
    }

    private bool IsCurrent(ModelOrder order) => order.ManifestSha256 == store.Kept.Current || (store.Kept.Current is null && order.Version == recogniser.ReaderVersion);

    private void Done(ModelOrder order)
    {
        EndShadow(null);
        (_candidate, _problem, _phase) = (null, null, store.Kept.Watched ? ModelPhase.Watched : ModelPhase.Serving);
        if (store.Kept.Order != order.Sequence)
        {
            store.Keep(store.Kept with { Order = order.Sequence });
        }
    }

    private async Task TakeAsync(ModelOrder order, SignedText signed, CancellationToken cancellationToken)
    {
        if (_candidate?.Sha256 != order.ManifestSha256)
        {
            EndShadow(null);
        }

        _candidate = (order.Version, order.ManifestSha256);
        try
        {
            var manifest = store.Check(signed, order.ManifestSha256);
            if (!order.Rollback && manifest.Number < Number())
            {
                throw new InvalidDataException($"It is older than {recogniser.ReaderVersion}, which reads. Only a signed order to go back lets an edge take an older version.");
            }

            // What came with the program is here already.
            if (manifest.Id == CityReader.Id && manifest.File.Sha256 == ModelManifest.Shipped(CityReader.Id).File.Sha256)
            {
                Swap(order, null, Load(null));
                return;
            }

            if (!store.Has(order.ManifestSha256))
            {
                (_phase, _problem) = (ModelPhase.Fetching, null);
                Say();
                var file = store.Beside(order.ManifestSha256);
                await fetch.RunAsync(manifest, file, cancellationToken);
                Add(order, signed, manifest, file);
            }

            if (recogniser.Shadow is null)
            {
                var loaded = LoadGuarded(order);
                if (order.Rollback)
                {
                    Swap(order, order.ManifestSha256, loaded);
                    return;
                }

                recogniser.Shadow = new ShadowReading(loaded, options.Value.ShadowEvery);
                (_phase, _problem) = (ModelPhase.Shadowing, null);
                logger.LogInformation("{Version} reads every {Every}th plate beside {Current}.", order.Version, options.Value.ShadowEvery, recogniser.ReaderVersion);
            }

            Judge(order, recogniser.Shadow);
        }
        catch (Exception e) when (e is InvalidDataException or Microsoft.ML.OnnxRuntime.OnnxRuntimeException or FileNotFoundException)
        {
            Refuse(order, order.ManifestSha256, e.Message);
        }
    }

    // What was damaged on its way is fetched again; what comes wrong every time is not the version's file.
    private void Add(ModelOrder order, SignedText signed, ModelManifest manifest, string file)
    {
        try
        {
            store.Add(signed, manifest, order.ManifestSha256, file);
            _damaged = default;
        }
        catch (InvalidDataException e)
        {
            _damaged = (order.ManifestSha256, _damaged.Sha256 == order.ManifestSha256 ? _damaged.Times + 1 : 1);
            if (_damaged.Times < MostDamaged)
            {
                throw new HttpRequestException($"{e.Message} It is fetched again.", e);
            }

            throw;
        }
    }

    private void Judge(ModelOrder order, ShadowReading shadow)
    {
        _seen = shadow.Seen;
        if (shadow.Fault is { } fault)
        {
            Refuse(order, order.ManifestSha256, $"A reading with it failed: {fault}");
        }
        else if (_seen.Plates >= options.Value.ShadowPlates)
        {
            if (ShadowVerdict.Of(_seen, options.Value) is { } worse)
            {
                if (!worse.MayBeChance || _seen.Plates >= ShadowVerdict.MostTimesThePlates * options.Value.ShadowPlates)
                {
                    Refuse(order, order.ManifestSha256, worse.Why);
                }

                return;
            }

            recogniser.Shadow = null;
            Swap(order, order.ManifestSha256, shadow.Candidate);
        }
    }

    // Written down first: a process that dies here is not to die here for ever.
    private ModelGeneration LoadGuarded(ModelOrder order)
    {
        var kept = store.Kept;
        store.Keep(kept with { Trying = order.ManifestSha256, Tries = kept.Trying == order.ManifestSha256 ? kept.Tries + 1 : 1 });
        return Load(store.Load(order.ManifestSha256));
    }

    private ModelGeneration Load(FetchedModel? version) => new(new RecognitionModels(recognition.Value, logger, version), recognition.Value);

    private void Swap(ModelOrder order, string? version, ModelGeneration models)
    {
        var before = recogniser.ReaderVersion;
        try
        {
            store.Keep(store.Kept with { Order = order.Sequence, Current = version, Previous = store.Kept.Current, Watched = version is not null && !order.Rollback, Begun = 1, Trying = null, Tries = 0 });
        }
        catch
        {
            models.Leave();
            throw;
        }

        models.BeginCount();
        TakeOver(models);
        _since = time.GetTimestamp();
        (_candidate, _problem, _phase) = (null, null, store.Kept.Watched ? ModelPhase.Watched : ModelPhase.Serving);
        store.Sweep();
        logger.LogInformation("{Version} reads now instead of {Before}.", recogniser.ReaderVersion, before);
    }

    private void GoBack(string reason)
    {
        var (bad, badId) = (store.Kept.Current!, recogniser.ReaderVersion);
        FetchedModel? before = null;
        ModelGeneration models;
        try
        {
            before = store.Kept.Previous is { } previous ? store.Load(previous) : null;
            models = Load(before);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException or Microsoft.ML.OnnxRuntime.OnnxRuntimeException)
        {
            logger.LogError("The version before cannot be loaded either ({Reason}); the edge reads with the one that it came with.", e.Message);
            before = null;
            models = Load(null);
        }

        // First of all it goes back: a full disk must not keep it from that.
        TakeOver(models);
        store.Remember(store.Kept.Refuse(bad, reason) with { Current = before?.Sha256, Previous = null, Watched = false, Begun = 0 });
        (_candidate, _problem, _phase) = ((badId, bad), reason, ModelPhase.Refused);
        logger.LogError("The edge went back from {Bad} to {Version}: {Reason}", badId, recogniser.ReaderVersion, reason);
    }

    private void TakeOver(ModelGeneration models)
    {
        recogniser.TakeOver(models);
        _left = true;
    }

    private void Refuse(ModelOrder order, string? sha256, string reason)
    {
        EndShadow(_seen);
        if (sha256 is not null && !store.Kept.Refused.ContainsKey(sha256))
        {
            logger.LogError("The edge does not take {Version}: {Reason}", order.Version, reason);
            store.Keep(store.Kept.Refuse(sha256, reason));
            store.Sweep();
        }

        (_candidate, _problem, _phase) = ((order.Version, order.ManifestSha256), reason, ModelPhase.Refused);
    }

    private void EndShadow(ModelShadow? seen)
    {
        var shadow = recogniser.Shadow;
        recogniser.Shadow = null;
        shadow?.Candidate.Leave();
        _left |= shadow is not null;
        _seen = seen;
    }

    private int Number() => store.Kept.Current is { } current ? store.Load(current).Manifest.Number : ModelManifest.Shipped(CityReader.Id).Number;

    private void Report()
    {
        if (_phase == ModelPhase.Refused)
        {
            health.Degraded(Worker, $"The edge does not read with {_candidate?.Version}, but with {recogniser.ReaderVersion}: {_problem}");
        }
        else if (_problem is not null)
        {
            health.Degraded(Worker, $"{_candidate?.Version}: {_problem}");
        }
        else
        {
            health.Healthy(Worker, $"{recogniser.ReaderVersion}, {_phase}");
        }
    }

    private void Say() => board.Beats =
    [
        new ModelHeartbeat
        {
            Kind = ModelKind.Reader,
            Version = recogniser.ReaderVersion,
            Previous = store.Kept.Previous is { } previous ? IdOf(previous) : store.Kept.Current is null ? null : CityReader.Id,
            Order = store.Kept.Order,
            Phase = _phase,
            Candidate = _candidate?.Version,
            Reason = _problem,
            Shadow = recogniser.Shadow?.Seen ?? _seen,
            Reads = recogniser.Current.Reads,
            Faults = recogniser.Current.Faults,
            ManagedBytes = GC.GetTotalMemory(forceFullCollection: false),
        },
    ];

    // It is said every second, and each load goes through the whole file.
    private string IdOf(string sha256)
    {
        if (_previous?.Sha256 == sha256)
        {
            return _previous.Value.Id;
        }

        try
        {
            _previous = (sha256, store.Load(sha256).Manifest.Id);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            _previous = (sha256, $"{sha256[..12]} (cannot be read)");
        }

        return _previous.Value.Id;
    }
}
