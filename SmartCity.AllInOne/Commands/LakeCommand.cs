using System.CommandLine;
using Npgsql;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Core.Archive;
using SmartCity.Core.Lake;
using SmartCity.Core.Models;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.AllInOne.Commands;

/// <summary><c>smartcity lake</c>: the tables of the archive, in a system that runs or one that does not.</summary>
internal static class LakeCommand
{
    private static readonly Option<string> Data = new("--data") { Description = "The data folder that run uses.", HelpName = "DIR", DefaultValueFactory = _ => ".smartcity", Recursive = true };

    public static Command Create()
    {
        var table = new Argument<string>("TABLE") { Description = "A table, such as sightings." };
        var tables = Verb("tables", "The tables: where they are, files, rows, bytes.", async (lake, _, token) => await JsonLines.PrintAsync(await lake.Overview.TablesAsync(token)));
        var snapshots = Verb("snapshots", "The states of a table that can be asked for, oldest first.", async (lake, parse, token) => await JsonLines.PrintAsync(await lake.Overview.SnapshotsAsync(parse.GetValue(table)!, token)));
        snapshots.Add(table);
        var bytes = new Option<long>("--bytes") { Description = "Size of the files that days are merged into.", DefaultValueFactory = _ => new ArchiveOptions().CompactBytes };
        var compact = Verb("compact", "Merges the files of all days that are over.", async (lake, parse, token) =>
        {
            var made = await lake.Compaction.RunAsync(DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime), parse.GetValue(bytes), token);
            return await JsonLines.PrintAsync([made]);
        });
        compact.Add(bytes);
        var quick = new Option<bool>("--sizes") { Description = "Compare the sizes of files only, without opening them." };
        var check = Verb("check", "Checks that every file of the tables is there with its size and its rows, and names objects that belong to no table. The exit status is 1 if something is wrong.", async (lake, parse, token) =>
        {
            var verdict = await lake.Check.RunAsync(!parse.GetValue(quick), token);
            await JsonLines.PrintAsync([verdict]);
            foreach (var fault in verdict.Faults.Concat(verdict.Orphans.Select(o => $"{o.Key} belongs to no table; the core deletes it within a day.")))
            {
                await Console.Error.WriteLineAsync($"smartcity: {fault}");
            }

            return verdict.IsClean ? 0 : 1;
        });
        check.Add(quick);
        var folder = new Option<string>("--to") { Description = "Folder to write to.", HelpName = "DIR", Required = true };
        var (from, to) = (new Option<DateOnly?>("--from") { Description = "First day, such as 2026-11-23." }, new Option<DateOnly?>("--until") { Description = "Last day." });
        var export = Verb("export", "Copies the Parquet files of a table as it is now to a folder.", async (lake, parse, token) =>
        {
            var made = await lake.Overview.ExportAsync(parse.GetValue(table)!, parse.GetValue(from) ?? DateOnly.MinValue, parse.GetValue(to) ?? DateOnly.MaxValue, parse.GetValue(folder)!, token);
            return await JsonLines.PrintAsync(made);
        });
        export.Add(table);
        export.Add(folder);
        export.Add(from);
        export.Add(to);
        var plate = new Option<string>("--plate") { Description = "The plate, such as LR33TEE.", Required = true };
        var erase = Verb("erase", "Takes a plate out of sightings and passages, and out of what is kept for training, for good: files are rewritten and earlier states let go. Erase it in Postgres first. The exit status is 1 if an old file is still there.", async (lake, parse, token) =>
        {
            var erased = await lake.Erasure.RunAsync(parse.GetValue(plate)!, new ArchiveOptions().CompactBytes, null, token)
                ?? throw new InvalidOperationException("The core is archiving or compacting at this moment. Try again in a minute.");
            var learnt = await lake.Learning.RunAsync(parse.GetValue(plate)!, token);
            await JsonLines.PrintAsync([new { erased.Rows, erased.Files, erased.Left, LearningItems = learnt }]);
            return erased.Left.Count == 0 ? 0 : 1;
        });
        erase.Add(plate);
        var sql = new Argument<string>("SQL") { Description = "One SELECT over the schema city: docs/lake.md." };
        var query = new Command("query", "Asks the city by SQL and prints one JSON object a row. The exit status is 1 if the statement fails.") { sql };
        query.SetAction((parse, cancellationToken) => RunCommand.GuardAsync(
            _ => DataDatabase.UseAsync(parse.GetValue(Data)!, postgres => LakeQuery.RunAsync(parse.GetValue(sql)!, parse.GetValue(Data)!, postgres, Objects(parse.GetValue(Data)!), cancellationToken), cancellationToken), cancellationToken));
        return new Command("lake", "The archive's tables in the object store: Apache Iceberg, with the catalogue in Postgres.") { Data, tables, query, snapshots, compact, check, export, erase };
    }

    private static Command Verb(string name, string description, Func<OpenLake, ParseResult, CancellationToken, Task<int>> run)
    {
        var command = new Command(name, description);
        command.SetAction((parse, cancellationToken) => RunCommand.GuardAsync(_ => OpenAsync(parse.GetValue(Data)!, lake => run(lake, parse, cancellationToken), cancellationToken), cancellationToken));
        return command;
    }

    private static Task<int> OpenAsync(string data, Func<OpenLake, Task<int>> run, CancellationToken cancellationToken) =>
        DataDatabase.UseAsync(data, postgres => RunAsync(postgres, Objects(data), run), cancellationToken);

    private static string Objects(string data) => AllInOneHost.UserConfiguration().GetConnectionString("objects") ?? Path.Combine(Path.GetFullPath(data), "objects");

    private static async Task<int> RunAsync(string postgres, string objects, Func<OpenLake, Task<int>> run)
    {
        var store = ObjectStoreConnection.Parse(objects).Open();
        try
        {
            await using var dataSource = NpgsqlDataSource.Create(postgres);
            var lake = new CityLake(dataSource, store, TimeProvider.System);
            return await run(new OpenLake(new LakeOverview(dataSource, lake), new LakeCompaction(dataSource, lake), new LakeCheck(dataSource, lake, new LakeSweep(dataSource, lake)), new LakeErasure(dataSource, lake, new LakeExpiry(dataSource, lake)), new LearningErasure(dataSource, store)));
        }
        catch (Exception e) when (e is NpgsqlException or InvalidDataException)
        {
            throw new InvalidOperationException(e is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable } ? "This database has no lake yet: start the core once, which brings the database up to date." : e.Message, e);
        }
        finally
        {
            (store as IDisposable)?.Dispose();
        }
    }

    private sealed record OpenLake(LakeOverview Overview, LakeCompaction Compaction, LakeCheck Check, LakeErasure Erasure, LearningErasure Learning);
}
