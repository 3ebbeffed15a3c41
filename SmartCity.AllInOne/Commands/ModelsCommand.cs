using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Npgsql;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts.Models;
using SmartCity.Core.Models;
using SmartCity.Core.Secrets;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.AllInOne.Commands;

/// <summary><c>smartcity models</c>: the registry of models, in a system that runs or one that does not.</summary>
internal static class ModelsCommand
{
    private static readonly Option<string> Data = new("--data") { Description = "The data folder that run uses.", HelpName = "DIR", DefaultValueFactory = _ => ".smartcity", Recursive = true };

    public static Command Create()
    {
        var id = new Argument<string>("VERSION") { Description = "A version, such as own-read-2." };
        var list = Verb("list", "Every version, with its aliases and the newest judgement.", async (desk, _, token) => await JsonLines.PrintAsync(from v in await desk.ListAsync(token) select new { v.Manifest.Id, v.Manifest.Kind, v.Aliases, v.IsSigned, v.Judgement?.Passed, v.CreatedAt, v.CreatedBy }));
        var show = Verb("show", "One version: manifest, lineage, judgement.", async (desk, parse, token) =>
            (await desk.ListAsync(token)).FirstOrDefault(v => v.Manifest.Id == parse.GetValue(id)) is { } version ? await JsonLines.PrintAsync([version]) : throw new InvalidOperationException($"There is no version {parse.GetValue(id)}."));
        show.Add(id);
        var folder = new Argument<string>("DIR") { Description = "A folder with manifest.json, the file that it names and, if it is signed, manifest.sig." };
        var import = Verb("import", "Takes in a version that was trained elsewhere, signs it and judges it beside the champion.", async (desk, parse, token) => await JsonLines.PrintAsync([await desk.ImportAsync(parse.GetValue(folder)!, token)]));
        import.Add(folder);
        var why = new Option<string>("--reason") { Description = "Why, for the audit." };
        var promote = Verb("promote", "Brings a version that passed to the edges, ring by ring, while the core runs.", async (desk, parse, token) =>
        {
            await desk.PromoteAsync(parse.GetValue(id)!, parse.GetValue(why), token);
            return 0;
        });
        promote.Add(id);
        promote.Add(why);
        var reason = new Option<string>("--reason") { Description = "Why, for the audit.", Required = true };
        var kind = new Option<string>("--kind") { Description = "The kind of model.", DefaultValueFactory = _ => ModelKind.Reader };
        var bad = new Argument<string?>("VERSION") { Arity = ArgumentArity.ZeroOrOne, Description = "What is to be taken back; if it is left out, what is on its way or else the champion." };
        var rollback = Verb("rollback", "Sends every edge back to the previous version.", async (desk, parse, token) => await JsonLines.PrintAsync([new { Version = await desk.RollBackAsync(parse.GetValue(kind)!, parse.GetValue(bad), parse.GetValue(reason)!, token) }]));
        rollback.Add(bad);
        rollback.Add(kind);
        rollback.Add(reason);
        var verify = Verb("verify", "Checks file and signature of each version, or of one. The exit status is 1 if something is wrong.", async (desk, parse, token) =>
        {
            var status = 0;
            foreach (var version in (await desk.ListAsync(token)).Select(v => v.Manifest.Id).Where(v => parse.GetValue<string?>("VERSION") is not { } one || one == v))
            {
                if (await desk.VerifyAsync(version, token) is { } wrong)
                {
                    await Console.Error.WriteLineAsync($"smartcity: {wrong}");
                    status = 1;
                }
            }

            return status;
        });
        verify.Add(new Argument<string?>("VERSION") { Arity = ArgumentArity.ZeroOrOne, Description = "A version; all if it is left out." });
        var train = Verb("train", "Trains what waits for a training, until nothing does, on this machine. For where Core:Models:Training:Where is Elsewhere.", async (desk, parse, token) =>
        {
            using var loggers = LoggerFactory.Create(l => l.AddConsole(c => c.LogToStandardErrorThreshold = LogLevel.Trace));
            var options = AllInOneHost.UserConfiguration().GetSection(TrainingOptions.Section).Get<TrainingOptions>() ?? new TrainingOptions();
            options.WorkPath ??= Path.Combine(parse.GetValue(Data)!, DataFolder.Trainings);
            return await JsonLines.PrintAsync([new { Trained = await desk.TrainAsync(options, loggers, token) }]);
        });
        return new Command("models", "Versions of models: what edges read plates with, what came before, and what comes next.") { Data, list, show, import, promote, rollback, verify, train };
    }

    private static Command Verb(string name, string description, Func<ModelDesk, ParseResult, CancellationToken, Task<int>> run)
    {
        var command = new Command(name, description);
        command.SetAction((parse, cancellationToken) => RunCommand.GuardAsync(_ => OpenAsync(parse.GetValue(Data)!, desk => run(desk, parse, cancellationToken), cancellationToken), cancellationToken));
        return command;
    }

    private static Task<int> OpenAsync(string data, Func<ModelDesk, Task<int>> run, CancellationToken cancellationToken)
    {
        var configuration = AllInOneHost.UserConfiguration();
        var objects = configuration.GetConnectionString("objects") ?? Path.Combine(data, "objects");
        var options = configuration.GetSection(ModelOptions.Section).Get<ModelOptions>() ?? new ModelOptions();
        if (options is { SigningKey: null, SigningKeyPath: null } && ModelKeys.Private(data) is var key && File.Exists(key))
        {
            options.SigningKeyPath = key;
        }

        var gates = configuration.GetSection(GateOptions.Section).Get<GateOptions>() ?? new GateOptions();
        var secret = CoreSecret.From(configuration["Core:Secrets:Key"], configuration["Core:Secrets:KeyFile"] ?? Path.Combine(data, DataFolder.SecretFile));
        return DataDatabase.UseAsync(data, postgres => RunAsync(postgres, secret, objects, options, gates, run), cancellationToken);
    }

    private static async Task<int> RunAsync(string postgres, CoreSecret secret, string objects, ModelOptions options, GateOptions gates, Func<ModelDesk, Task<int>> run)
    {
        var store = ObjectStoreConnection.Parse(objects).Open();
        try
        {
            await using var dataSource = NpgsqlDataSource.Create(postgres);
            using var desk = new ModelDesk(dataSource, secret, store, options, gates, TimeProvider.System);
            return await run(desk);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidDataException or ArgumentException)
        {
            throw new InvalidOperationException(e is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable } ? "This database knows of no models yet: start the core once, which brings the database up to date." : e.Message, e);
        }
        finally
        {
            (store as IDisposable)?.Dispose();
        }
    }
}
