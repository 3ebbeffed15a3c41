using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Models;
using SmartCity.Core.Audit;
using SmartCity.Core.Secrets;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Models;

/// <summary>The registry for the command line, beside a core that runs or without one.</summary>
public sealed class ModelDesk : IDisposable
{
    private const string By = "command line";

    private readonly ModelSigningKey _key;
    private readonly ModelRegistry _registry;
    private readonly ModelJudge _judge;
    private readonly Rollouts _rollouts;
    private readonly NpgsqlDataSource _dataSource;
    private readonly IObjectStore _objects;
    private readonly GateOptions _gates;
    private readonly TimeProvider _time;

    /// <param name="secret">Signs the lines of the audit.</param>
    /// <param name="options">Its signing key is used for what is imported, promoted and rolled back.</param>
    public ModelDesk(NpgsqlDataSource dataSource, CoreSecret secret, IObjectStore objects, ModelOptions options, GateOptions gates, TimeProvider time)
    {
        _key = new ModelSigningKey(Options.Create(options));
        _registry = new ModelRegistry(dataSource, objects, _key, new AuditLog(dataSource, secret, time), time);
        _judge = new ModelJudge(dataSource, _registry, objects, Options.Create(gates), time);
        _rollouts = new Rollouts(dataSource, _registry, _key, Options.Create(options), time, null);
        (_dataSource, _objects, _gates, _time) = (dataSource, objects, gates, time);
    }

    /// <summary>Trains what waits, one after another, until nothing does. The core judges what comes out, and signs it.</summary>
    /// <param name="options">Where the program is and where it works; where trainings are to run does not count.</param>
    /// <returns>How many trainings were run to their end, be it good or bad.</returns>
    /// <exception cref="InvalidDataException">Something that training needs is missing here; the message says what.</exception>
    public async Task<int> TrainAsync(TrainingOptions options, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        options.Where = TrainingPlace.Here;
        var (training, program, datasets) = (Options.Create(options), new TrainingProgram(Options.Create(options)), new Datasets(_dataSource, _objects, _time));
        if (program.Missing is { } missing)
        {
            throw new InvalidDataException(missing);
        }

        var runs = new TrainingRuns(_dataSource, _registry, datasets, _time, loggers.CreateLogger<TrainingRuns>());
        var job = new TrainingJob(runs, program, datasets, _registry, training, Options.Create(_gates), _time, loggers.CreateLogger<TrainingJob>());
        await job.SweepAsync(cancellationToken);
        var count = 0;
        for (; await runs.TakeAsync(cancellationToken) is { } run; count++)
        {
            await job.RunAsync(run, cancellationToken);
        }

        return count;
    }

    public async Task<IReadOnlyList<ModelVersionView>> ListAsync(CancellationToken cancellationToken)
    {
        var (aliases, judgements) = (await _registry.AliasesAsync(cancellationToken), await _judge.NewestOfAllAsync(cancellationToken));
        return [.. (await _registry.ListAsync(cancellationToken)).Select(v => v.View(aliases[v.Id], judgements.GetValueOrDefault(v.Id)))];
    }

    /// <summary>Takes in a folder with manifest.json, perhaps manifest.sig, and the file that the manifest names; a reader is judged at once.</summary>
    /// <exception cref="InvalidDataException">Something is missing or not what the manifest says.</exception>
    public async Task<ModelVersionView> ImportAsync(string folder, CancellationToken cancellationToken)
    {
        var manifest = Path.Combine(folder, ModelManifest.FileName);
        if (!File.Exists(manifest))
        {
            throw new InvalidDataException($"{folder} has no {ModelManifest.FileName}.");
        }

        var text = await File.ReadAllTextAsync(manifest, cancellationToken);
        var parsed = ModelManifest.Parse(Encoding.UTF8.GetBytes(text));
        var (file, signature) = (Path.Combine(folder, parsed.File.Name), Path.Combine(folder, ModelManifest.SignatureName));
        if (!File.Exists(file))
        {
            throw new InvalidDataException($"{folder} has no {parsed.File.Name}, which its manifest names.");
        }

        var version = await _registry.ImportAsync(text, File.Exists(signature) ? (await File.ReadAllTextAsync(signature, cancellationToken)).Trim() : null, await File.ReadAllBytesAsync(file, cancellationToken), By, cancellationToken);
        return await JudgedAsync(version, cancellationToken);
    }

    /// <summary>Judges a version if it never was, and brings it to the edges if it passed.</summary>
    /// <exception cref="InvalidDataException">It did not pass, or cannot be released; the message says why.</exception>
    public async Task PromoteAsync(string id, string? reason, CancellationToken cancellationToken)
    {
        var version = await FindAsync(id, cancellationToken);
        var judgement = await _judge.NewestOfAsync(id, cancellationToken) ?? (await JudgedAsync(version, cancellationToken)).Judgement;
        if (judgement is { Passed: false })
        {
            throw new InvalidDataException($"{id} did not pass: {string.Join(" ", judgement.Gates.Where(g => !g.Passed).Select(g => g.Why))} Two administrators can promote it all the same, on the Models page.");
        }

        if (judgement is not null && await _judge.StaleAsync(version, judgement, cancellationToken) is { } stale)
        {
            throw new InvalidDataException(stale);
        }

        await _rollouts.StartAsync(version, By, reason, cancellationToken);
    }

    /// <param name="version">What is to be taken back; null for whatever is on its way or, if nothing is, the champion.</param>
    /// <returns>The version that edges go back to.</returns>
    /// <exception cref="InvalidDataException">There is nothing to go back to, or the version is not what would be taken back.</exception>
    public Task<string> RollBackAsync(string kind, string? version, string reason, CancellationToken cancellationToken) => _rollouts.RollBackAsync(kind, version, By, reason, cancellationToken);

    /// <summary>What is wrong with a version; null if its file and its signature are what they should be.</summary>
    /// <exception cref="InvalidDataException">There is no such version.</exception>
    public async Task<string?> VerifyAsync(string id, CancellationToken cancellationToken) => await _registry.VerifyAsync(await FindAsync(id, cancellationToken), cancellationToken);

    public void Dispose() => _key.Dispose();

    private async Task<StoredVersion> FindAsync(string id, CancellationToken cancellationToken) => await _registry.FindAsync(id, cancellationToken) ?? throw new InvalidDataException($"There is no version {id}.");

    private async Task<ModelVersionView> JudgedAsync(StoredVersion version, CancellationToken cancellationToken)
    {
        var judgement = await _judge.NewestOfAsync(version.Id, cancellationToken);
        if (judgement is null && version.Manifest.Kind == ModelKind.Reader && await _registry.OfAliasAsync(ModelKind.Reader, ModelRegistry.Champion, cancellationToken) is { } champion && champion.Id != version.Id)
        {
            judgement = await _judge.RunAsync(version, champion, null, cancellationToken);
        }

        return version.View((await _registry.AliasesAsync(cancellationToken))[version.Id], judgement);
    }
}
