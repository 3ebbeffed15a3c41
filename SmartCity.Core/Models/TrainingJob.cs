using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Models;

namespace SmartCity.Core.Models;

/// <summary>One training: its folder is prepared, the program runs, and what comes out is taken in. The core judges it.</summary>
internal sealed class TrainingJob(
    TrainingRuns runs,
    TrainingProgram program,
    Datasets datasets,
    ModelRegistry registry,
    IOptions<TrainingOptions> options,
    IOptions<GateOptions> gates,
    TimeProvider time,
    ILogger<TrainingJob> logger)
{
    private const string Pictures = "plates";
    private const string Items = "items.csv";
    private const int Attempts = 5;
    private const UnixFileMode OwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private string Work => options.Value.WorkPath ?? Path.Combine(Path.GetTempPath(), "smartcity-training");

    /// <summary>Deletes what trainings that are over have left here: it has pictures of plates.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        if (!Directory.Exists(Work))
        {
            return;
        }

        var left = Directory.EnumerateDirectories(Work).Select(f => Guid.TryParse(Path.GetFileName(f), out var id) ? id : (Guid?)null).OfType<Guid>().ToList();
        if (left.Count > 0)
        {
            foreach (var id in await runs.OverAsync(left, cancellationToken))
            {
                Forget(Path.Combine(Work, id.ToString()));
            }
        }
    }

    /// <summary>Runs to its end. What fails for good is said by the run; a run that may succeed later is given back.</summary>
    public async Task RunAsync(TrainingRun run, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(Work, run.Id.ToString());
        var (input, output) = (Path.Combine(folder, "in"), Path.Combine(folder, "out"));
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var alive = runs.KeepAliveAsync(run.Id, silence.Token);
        try
        {
            var parent = (await registry.FindAsync(run.Parent, cancellationToken))!;
            await PrepareAsync(run, parent, input, cancellationToken);
            var cancelled = await program.RunAsync(input, output, (share, words, log) => runs.SayAsync(run.Id, share, words, log, cancellationToken), cancellationToken)
                || !await TakeInAsync(run, parent, output, cancellationToken);
            if (cancelled)
            {
                await EndAsync(run, "cancelled", "Somebody cancelled it.", folder, cancellationToken);
            }
            else
            {
                Forget(folder);
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            ForgetPictures(input);
            await runs.GiveBackAsync(run.Id, "The process that trained was stopped.", CancellationToken.None);
            throw;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            logger.LogError("The training {Id} failed: {Reason}", run.Id, e.Message);
            await EndAsync(run, "failed", e.Message, folder, cancellationToken);
        }
        catch (Exception e)
        {
            // Postgres or the object store was away: what was trained is not lost.
            logger.LogWarning("The training {Id} is given back: {Reason}", run.Id, e.Message);
            ForgetPictures(input);
            await runs.GiveBackAsync(run.Id, $"It could not go on: {e.Message.TrimEnd('.')}.", cancellationToken);
            throw;
        }
        finally
        {
            await silence.CancelAsync();
            await alive.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task EndAsync(TrainingRun run, string state, string detail, string folder, CancellationToken cancellationToken)
    {
        if (await runs.EndAsync(run.Id, state, detail, cancellationToken))
        {
            Forget(folder);
        }
        else
        {
            // Whoever has it may work in the same folder. If not, it is swept when the training is over.
            logger.LogWarning("The training {Id} was silent for too long, and another process has taken it.", run.Id);
        }
    }

    // Pictures of plates stay no longer than they are worked with: whoever goes on writes them anew.
    private void ForgetPictures(string input)
    {
        Forget(Path.Combine(input, Pictures));
        File.Delete(Path.Combine(input, Items));
    }

    private void Forget(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.LogError("{Folder} has pictures of plates from a training that no longer needs them, and cannot be deleted ({Reason}). Delete it.", folder, e.Message);
        }
    }

    private async Task PrepareAsync(TrainingRun run, StoredVersion parent, string input, CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(input);
        }
        else
        {
            Directory.CreateDirectory(Work, OwnerAlone);
            Directory.CreateDirectory(input, OwnerAlone);
        }

        // Anew where the run goes on too: vehicles may have been erased since.
        Forget(Path.Combine(input, Pictures));
        await datasets.WriteAsync(run.Dataset, input, cancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(input, "parent.onnx"), await registry.FileAsync(parent.Manifest, cancellationToken), cancellationToken);
        var asked = run.Settings;
        var tiny = asked.Steps is { } steps ? Math.Clamp(steps / 2, 1, 25) : 25;
        // The processors that this process may use, which in a container are fewer than those of the machine.
        var job = new
        {
            minutes = asked.Minutes ?? options.Value.Time.TotalMinutes,
            steps = asked.Steps ?? 0,
            rate = asked.Rate,
            seed = asked.Seed ?? 1,
            rehearsal = options.Value.Rehearsal,
            every = tiny,
            threads = Environment.ProcessorCount,
            calibration = parent.Manifest.Calibration,
            lost = gates.Value.MostRenderedLoss,
        };
        await File.WriteAllTextAsync(Path.Combine(input, "job.json"), JsonSerializer.Serialize(job, JsonSerializerOptions.Web), cancellationToken);
    }

    /// <returns>False if the run was cancelled meanwhile, or is another process's.</returns>
    private async Task<bool> TakeInAsync(TrainingRun run, StoredVersion parent, string output, CancellationToken cancellationToken)
    {
        var file = await File.ReadAllBytesAsync(Path.Combine(output, "model.onnx"), cancellationToken);
        var (code, seed, environment) = Card(await File.ReadAllBytesAsync(Path.Combine(output, "card.json"), cancellationToken));
        for (var attempt = 1; ; attempt++)
        {
            var number = await registry.NextNumberAsync(ModelKind.Reader, cancellationToken);
            // The program's own are city-read-n: a later one of them must find its name free.
            var id = string.Create(CultureInfo.InvariantCulture, $"own-read-{number}");
            var manifest = parent.Manifest with
            {
                Id = id,
                Number = number,
                File = new ModelFile($"{id}.onnx", Convert.ToHexStringLower(SHA256.HashData(file)), file.Length),
                Lineage = new ModelLineage { Parent = parent.Id, Dataset = run.Dataset, Code = code, Seed = seed, Environment = environment, MadeBy = run.StartedBy, MadeAt = time.GetUtcNow() },
            };
            var (version, other) = await registry.TryImportAsync(
                Encoding.UTF8.GetString(manifest.ToBytes()), null, file, run.StartedBy, audited: true, connection => runs.DoneAsync(connection, run.Id, id, cancellationToken), cancellationToken);
            if (other is null)
            {
                return version is not null;
            }

            // Another training ended at the same moment.
            if (attempt == Attempts)
            {
                throw new InvalidDataException(other);
            }
        }
    }

    private static (string? Code, int Seed, string? Environment) Card(byte[] json)
    {
        try
        {
            using var card = JsonDocument.Parse(json);
            return (card.RootElement.GetProperty("code").GetString(), card.RootElement.GetProperty("seed").GetInt32(), card.RootElement.GetProperty("environment").GetString());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException("The training's card.json is not an object with code, seed and environment.", e);
        }
    }
}
