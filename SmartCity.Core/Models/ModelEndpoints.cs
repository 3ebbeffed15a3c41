using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Models;
using SmartCity.Core.Access;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Stations;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Models;

internal static class ModelEndpoints
{
    private const int DigestLength = 64;

    public static IEndpointRouteBuilder MapModels(this IEndpointRouteBuilder app)
    {
        var read = app.MapGroup("/api/models").WithTags("Models").RequireAuthorization(Scope.ModelsRead);
        read.MapGet("", ListAsync).WithSummary("Versions, rollouts, what runs where, datasets and trainings");
        read.MapGet("{id}", FindAsync).WithSummary("One version with its newest judgement");
        var write = app.MapGroup("/api/models").WithTags("Models").RequireAuthorization(Scope.ModelsWrite);
        write.MapPost("{id}/judge", JudgeAsync).WithSummary("Judges a version beside the champion, on the newest dataset's hold-out and rendered plates").Audited("models.judge");
        // The list is a line of the audit; its pictures are not one each.
        write.MapGet("{id}/readings", ReadingsAsync).WithSummary("What a version and the one it was judged beside read of the hold-out, plate by plate, disagreements first; a reason is required").RequireReason("models.compare");
        write.MapGet("items/{sighting:guid}/picture", PictureAsync).WithSummary("The picture of a plate that is kept for training").Produces(StatusCodes.Status200OK, contentType: "image/jpeg").Audited("models.picture");
        write.MapPost("{id}/promote", PromoteAsync).WithSummary("Brings a version to the edges ring by ring; one that did not pass needs two administrators and a reason").Audited("models.promote", recordBody: true);
        write.MapPost("rollouts/{kind}/pause", (string kind, Rollouts rollouts, ClaimsPrincipal user, CancellationToken token) => PauseAsync(kind, true, rollouts, user, token)).WithSummary("Pauses a rollout; edges that have the version keep it").AuditedByItself();
        write.MapPost("rollouts/{kind}/resume", (string kind, Rollouts rollouts, ClaimsPrincipal user, CancellationToken token) => PauseAsync(kind, false, rollouts, user, token)).WithSummary("Goes on with a paused rollout").AuditedByItself();
        write.MapPost("rollouts/{kind}/rollback", RollBackAsync).WithSummary("Sends every edge back to the previous version, at once").RequireReason("models.rollback");
        write.MapPost("datasets", FreezeAsync).WithSummary("Freezes what there is for training as a dataset").Audited("models.freeze").AuditAbout((DatasetView d) => (d.Digest, null));
        write.MapGet("datasets/{digest}/export", ExportAsync).WithSummary("A dataset as a zip: pictures, CSV and COCO; a reason is required").RequireReason("models.export").Produces(StatusCodes.Status200OK, contentType: "application/zip");
        write.MapPost("trainings", TrainAsync).WithSummary("Starts a training").Audited("models.train", recordBody: true).AuditAbout((TrainingView t) => ($"{t.Id} of {t.Parent}, dataset {t.Dataset}", null));
        write.MapPost("trainings/{id:guid}/cancel", CancelAsync).WithSummary("Cancels a training").Audited("models.train-cancel");
        app.MapGet("/api/edge/models/{sha256}", FileAsync).WithTags("Models").WithSummary("A version's file, for an edge").Produces(StatusCodes.Status200OK, contentType: "application/octet-stream")
            .ProducesProblem(StatusCodes.Status403Forbidden).RequireAuthorization(Scope.EdgeConfig);
        return app;
    }

    private static async Task<Ok<ModelsView>> ListAsync(ModelRegistry registry, ModelJudge judge, Rollouts rollouts, Datasets datasets, TrainingRuns runs, TrainingProgram program, ModelSigningKey key, CancellationToken cancellationToken)
    {
        var (aliases, judgements) = (await registry.AliasesAsync(cancellationToken), await judge.NewestOfAllAsync(cancellationToken));
        return TypedResults.Ok(new ModelsView(
            [.. (await registry.ListAsync(cancellationToken)).Select(v => v.View(aliases[v.Id], judgements.GetValueOrDefault(v.Id)))],
            await rollouts.ViewsAsync(cancellationToken),
            rollouts.AtStations(),
            await datasets.ListAsync(cancellationToken),
            await runs.ListAsync(cancellationToken),
            await datasets.CountAsync(cancellationToken),
            key.Missing,
            program.Missing));
    }

    private static async Task<Results<Ok<ModelVersionView>, NotFound>> FindAsync(string id, ModelRegistry registry, ModelJudge judge, CancellationToken cancellationToken) =>
        await registry.FindAsync(id, cancellationToken) is { } version
            ? TypedResults.Ok(version.View((await registry.AliasesAsync(cancellationToken))[id], await judge.NewestOfAsync(id, cancellationToken)))
            : TypedResults.NotFound();

    private static async Task<Results<Ok<ModelJudgement>, NotFound, ProblemHttpResult>> JudgeAsync(string id, ModelRegistry registry, ModelJudge judge, AuditedChange change, CancellationToken cancellationToken)
    {
        if (await registry.FindAsync(id, cancellationToken) is not { } version)
        {
            return TypedResults.NotFound();
        }

        try
        {
            return await registry.OfAliasAsync(version.Manifest.Kind, ModelRegistry.Champion, cancellationToken) is { } champion
                ? TypedResults.Ok(await judge.RunAsync(version, champion, null, cancellationToken, change))
                : Paging.Problem($"There is no champion of the kind {version.Manifest.Kind}.");
        }
        catch (InvalidDataException e)
        {
            return Paging.Problem(e.Message);
        }
    }

    private static async Task<Results<Ok<ModelComparison>, NotFound, ProblemHttpResult>> ReadingsAsync(string id, ModelReadings readings, CancellationToken cancellationToken, string which = "changed", int skip = 0, int limit = Paging.DefaultLimit)
    {
        if (which is not ("lost" or "gained" or "changed" or "all"))
        {
            return Paging.Problem($"which is '{which}'; it must be lost, gained, changed or all.");
        }

        if (skip < 0)
        {
            return Paging.Problem($"skip is {skip}; it must be at least 0.");
        }

        return Paging.CheckLimit(limit) is { } wrong ? wrong : await readings.OfAsync(id, which, skip, limit, cancellationToken) is { } found ? TypedResults.Ok(found) : TypedResults.NotFound();
    }

    private static async Task<Results<FileContentHttpResult, NotFound>> PictureAsync(Guid sighting, ModelReadings readings, [FromServices] IObjectStore objects, CancellationToken cancellationToken) =>
        await readings.PictureAsync(sighting, cancellationToken) is { } digest && await LearningPatches.ReadAsync(objects, digest, cancellationToken) is { } picture
            ? TypedResults.Bytes(picture, "image/jpeg")
            : TypedResults.NotFound();

    private static async Task<Results<Ok<IReadOnlyList<ModelRolloutView>>, NotFound, ProblemHttpResult>> PromoteAsync(
        string id, ModelPromotion? body, ClaimsPrincipal user, HttpRequest request, ModelRegistry registry, ModelJudge judge, Rollouts rollouts, ModelOverrides overrides, AuditedChange change, CancellationToken cancellationToken)
    {
        if (await registry.FindAsync(id, cancellationToken) is not { } version)
        {
            return TypedResults.NotFound();
        }

        var (by, reason) = (user.Identity!.Name!, Uri.UnescapeDataString(request.Headers[AuditFilter.ReasonHeader].ToString()).Trim());
        var judgement = await judge.NewestOfAsync(id, cancellationToken);
        var stale = judgement is { Passed: true } ? await judge.StaleAsync(version, judgement, cancellationToken) : null;
        var passed = judgement is { Passed: true } && stale is null;
        if (!passed && SignedInPerson.Check(user) is { } program)
        {
            return program;
        }

        if (!passed && await overrides.AgreeAsync(id, by, body?.OverrideOf, reason, change, cancellationToken) is { } needed)
        {
            var why = stale ?? (judgement is null ? $"{id} was never judged." : $"{id} did not pass: {string.Join(" ", judgement.Gates.Where(g => !g.Passed).Select(g => g.Why))}");
            return TypedResults.Problem($"{why} {needed}", statusCode: StatusCodes.Status409Conflict, title: "It is not promoted");
        }

        try
        {
            await rollouts.StartAsync(version, by, reason.Length > 0 ? reason : null, cancellationToken, change);
            return TypedResults.Ok(await rollouts.ViewsAsync(cancellationToken, change));
        }
        catch (InvalidDataException e)
        {
            return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status409Conflict, title: "It is not promoted");
        }
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> PauseAsync(string kind, bool pause, Rollouts rollouts, ClaimsPrincipal user, CancellationToken cancellationToken) =>
        await rollouts.PauseAsync(kind, pause, user.Identity!.Name!, cancellationToken)
            ? TypedResults.NoContent()
            : TypedResults.Problem(pause ? $"No {kind} is on its way." : $"No {kind} is paused.", statusCode: StatusCodes.Status409Conflict);

    private static async Task<Results<Ok<IReadOnlyList<ModelRolloutView>>, ProblemHttpResult>> RollBackAsync(string kind, string? version, ClaimsPrincipal user, HttpRequest request, Rollouts rollouts, AuditedChange change, CancellationToken cancellationToken)
    {
        try
        {
            await rollouts.RollBackAsync(kind, version, user.Identity!.Name!, Uri.UnescapeDataString(request.Headers[AuditFilter.ReasonHeader].ToString()).Trim(), cancellationToken, change);
            return TypedResults.Ok(await rollouts.ViewsAsync(cancellationToken, change));
        }
        catch (InvalidDataException e)
        {
            return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status409Conflict);
        }
    }

    private static async Task<Results<Ok<DatasetView>, ProblemHttpResult>> FreezeAsync(ClaimsPrincipal user, Datasets datasets, AuditedChange change, CancellationToken cancellationToken)
    {
        try
        {
            return TypedResults.Ok(await datasets.FreezeAsync(user.Identity!.Name!, cancellationToken, change));
        }
        catch (InvalidDataException e)
        {
            return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status409Conflict);
        }
    }

    // A zip is written with steps back: it is made on the disk first.
    private static async Task<Results<FileStreamHttpResult, NotFound>> ExportAsync(string digest, Datasets datasets, CancellationToken cancellationToken)
    {
        if (await datasets.FindAsync(digest, cancellationToken) is null)
        {
            return TypedResults.NotFound();
        }

        var file = new FileStream(Path.GetTempFileName(), FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        try
        {
            await datasets.ExportAsync(digest, file, cancellationToken);
            file.Position = 0;
            return TypedResults.Stream(file, "application/zip", $"dataset-{digest[..12]}.zip");
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    private static async Task<Results<Ok<TrainingView>, ProblemHttpResult>> TrainAsync(NewTraining? body, ClaimsPrincipal user, TrainingRuns runs, TrainingProgram program, AuditedChange change, CancellationToken cancellationToken)
    {
        var asked = body ?? new NewTraining();
        if (asked.Minutes is < 0.1 or > 1440 || asked.Steps is < 1 or > 1_000_000 || asked.Rate is <= 0 or > 0.01)
        {
            return Paging.Problem("minutes must be from 0.1 to 1440, steps from 1 to 1,000,000, and rate above 0 and at most 0.01.");
        }

        if (program.Missing is { } missing)
        {
            return TypedResults.Problem(missing, statusCode: StatusCodes.Status409Conflict, title: "No training can run here");
        }

        try
        {
            var id = await runs.StartAsync(asked, user.Identity!.Name!, cancellationToken, change);
            return TypedResults.Ok((await runs.ListAsync(cancellationToken, change)).First(r => r.Id == id));
        }
        catch (InvalidDataException e)
        {
            return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status409Conflict);
        }
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> CancelAsync(Guid id, TrainingRuns runs, AuditedChange change, CancellationToken cancellationToken) =>
        await runs.CancelAsync(id, change, cancellationToken) ? TypedResults.NoContent() : TypedResults.Problem("There is no such training, or it is over.", statusCode: StatusCodes.Status409Conflict);

    private static async Task<Results<FileStreamHttpResult, NotFound, ProblemHttpResult>> FileAsync(
        string sha256, string[] station, HttpRequest request, ClaimsPrincipal user, EdgeRefusals refusals, NpgsqlDataSource dataSource, [FromServices] IObjectStore objects, CancellationToken cancellationToken)
    {
        if (await refusals.CheckAsync(user, station, request.Path) is { } refused)
        {
            return refused;
        }

        if (sha256.Length != DigestLength || !sha256.All(char.IsAsciiHexDigitLower))
        {
            return TypedResults.NotFound();
        }

        await using var command = dataSource.CreateCommand("select exists (select from model_versions where file_sha256 = $1)");
        command.Parameters.Add(new() { Value = sha256 });
        return await command.ExecuteScalarAsync(cancellationToken) is true && await objects.OpenAsync(ModelRegistry.Key(sha256), cancellationToken) is { } file
            ? TypedResults.Stream(file, "application/octet-stream")
            : TypedResults.NotFound();
    }
}
