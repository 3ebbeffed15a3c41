using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using NpgsqlTypes;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Cities;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Secrets;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Stations;

/// <summary>Cameras as an administrator tries them out, adds, changes and retires them. Their edges take it over in seconds.</summary>
internal static class CameraSetupEndpoints
{
    private const int LongestDirection = 40;
    private const int MostLanes = 20;
    private static readonly TimeSpan Trial = TimeSpan.FromMinutes(10);

    public static IEndpointRouteBuilder MapCameraSetup(this IEndpointRouteBuilder app)
    {
        // Addresses hold passwords: each handler says itself what the audit may know.
        var cameras = app.MapGroup("/api/setup/cameras").WithTags("Setup").RequireAuthorization(Scope.CityWrite);
        cameras.MapGet("{id}", async Task<Results<Ok<CameraSetup>, NotFound>> (string id, StationSetups setups, CancellationToken cancellationToken) =>
            await setups.FindCameraAsync(id, cancellationToken) is { } camera ? TypedResults.Ok(camera) : TypedResults.NotFound()).WithSummary("A camera and its present state");
        cameras.MapPost("", AddAsync).WithSummary("Adds a camera, or tests one for ten minutes").AuditedByItself();
        cameras.MapPut("{id}", ChangeAsync).WithSummary("Changes or retires a camera, or brings it back").AuditedByItself();
        cameras.MapDelete("{id}", EndTrialAsync).WithSummary("Ends the test of a camera").Audited("cameras.trial-end");
        app.MapGet("/api/edge/configuration", EdgeAsync).WithTags("Setup").WithSummary("The stations of an edge and the cameras that it must run; a key that is bound to stations may only name those")
            .Produces<EdgeConfiguration>().ProducesProblem(StatusCodes.Status403Forbidden).RequireAuthorization(Scope.EdgeConfig);
        return app;
    }

    private static async Task<Results<Ok<CameraSetup>, ProblemHttpResult>> AddAsync(
        NewCamera body, ClaimsPrincipal user, AuditLog audit, AuditedChange change, StationSetups setups, CoreSecret secrets, [FromServices] IObjectStore objects, TimeProvider time, CancellationToken cancellationToken)
    {
        if (body.Id is null || !City.IsId(body.Id))
        {
            return Paging.Problem("id must have 1 to 64 characters of a-z, 0-9 and '-', such as a1-n2.");
        }

        if (CameraAddress.Check(body.Source) is { } source)
        {
            return Paging.Problem(source);
        }

        if (Check(body.Lane, body.Direction, body.Masks, body.Recognition, body.Motion) is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        if (body.StationId is null || await setups.FindAsync(body.StationId, cancellationToken) is not { RetiredAt: null })
        {
            return Paging.Problem($"stationId: there is no station '{body.StationId}', or it is retired.");
        }

        await using var command = await change.CommandAsync(
            """
            insert into cameras (id, station_id, source, lane, direction, masks, state, trial_until, recognition, motion) values ($1, $2, $3, nullif($4, 0), nullif($5, ''), $6, $7, $8, $9, $10)
            on conflict (id) do update set station_id = excluded.station_id, source = excluded.source, lane = excluded.lane, direction = excluded.direction, masks = excluded.masks,
                state = excluded.state, trial_until = excluded.trial_until, recognition = excluded.recognition, motion = excluded.motion
            where cameras.state = 'trial'
            """,
            cancellationToken);
        command.Parameters.Add(new() { Value = body.Id });
        command.Parameters.Add(new() { Value = body.StationId });
        command.Parameters.Add(new() { Value = secrets.Seal(body.Source!, CameraSource.Purpose) });
        command.Parameters.Add(new() { Value = body.Lane ?? 0 });
        command.Parameters.Add(new() { Value = body.Direction?.Trim() ?? "" });
        command.Parameters.Add(new() { Value = JsonSerializer.Serialize(body.Masks ?? []), NpgsqlDbType = NpgsqlDbType.Jsonb });
        command.Parameters.Add(new() { Value = body.Trial ? "trial" : "active" });
        command.Parameters.Add(new() { Value = body.Trial ? time.GetUtcNow() + Trial : DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = JsonSerializer.Serialize(body.Recognition ?? new CameraRecognition(), JsonSerializerOptions.Web), NpgsqlDbType = NpgsqlDbType.Jsonb });
        command.Parameters.Add(StationSetups.Motion(body.Motion));
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            return TypedResults.Problem($"id: there is already a camera {body.Id}, perhaps a retired one.", statusCode: StatusCodes.Status409Conflict);
        }

        await audit.AppendAsync(change, user.Identity!.Name!, body.Trial ? "cameras.trial" : "cameras.add", body.Id, null,
            Details(body.StationId, body.Source, body.Lane, body.Direction, body.Masks, body.Recognition, body.Motion, null), null);

        // Nobody is to take an earlier camera's picture for this one's.
        await objects.DeleteAsync(CameraPicture.Key(body.StationId, body.Id), cancellationToken);
        return TypedResults.Ok((await setups.FindCameraAsync(body.Id, cancellationToken))!);
    }

    private static async Task<Results<Ok<CameraSetup>, NotFound, ProblemHttpResult>> ChangeAsync(
        string id, CameraChange body, ClaimsPrincipal user, AuditLog audit, AuditedChange change, StationSetups setups, CoreSecret secrets, CancellationToken cancellationToken)
    {
        if (Check(body.Lane, body.Direction, body.Masks, body.Recognition, body.Motion) is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        if (body.State is not (null or "active" or "retired"))
        {
            return Paging.Problem($"state is '{body.State}'; it must be active or retired.");
        }

        await using var read = await change.CommandAsync("select source from cameras where id = $1 and state <> 'trial' for update", cancellationToken);
        read.Parameters.Add(new() { Value = id });
        var known = await read.ReadAllAsync(r => r.Text(0) is { } kept ? secrets.Open(kept, CameraSource.Purpose) : null, cancellationToken);
        if (known.Count == 0)
        {
            return TypedResults.NotFound();
        }

        var source = body.Source is null ? known[0] : CameraAddress.Meant(body.Source, known[0]);
        if (CameraAddress.Check(source) is { } problem)
        {
            return Paging.Problem(problem);
        }

        await using var command = await change.CommandAsync(
            """
            update cameras set source = $2, lane = nullif(coalesce($3, lane), 0), direction = nullif(coalesce($4, direction), ''), masks = coalesce($5, masks), state = coalesce($6, state),
                recognition = coalesce($7, recognition), motion = case when $8 then $9 else motion end
            where id = $1
            """,
            cancellationToken);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = secrets.Seal(source!, CameraSource.Purpose) });
        command.Parameters.Add(new() { Value = (object?)body.Lane ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = (object?)body.Direction?.Trim() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = body.Masks is null ? DBNull.Value : JsonSerializer.Serialize(body.Masks), NpgsqlDbType = NpgsqlDbType.Jsonb });
        command.Parameters.Add(new() { Value = (object?)body.State ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = body.Recognition is null ? DBNull.Value : JsonSerializer.Serialize(body.Recognition, JsonSerializerOptions.Web), NpgsqlDbType = NpgsqlDbType.Jsonb });
        command.Parameters.Add(new() { Value = body.Motion is not null });
        command.Parameters.Add(StationSetups.Motion(body.Motion));
        await command.ExecuteNonQueryAsync(cancellationToken);
        await audit.AppendAsync(change, user.Identity!.Name!, "cameras.change", id, null, Details(null, body.Source, body.Lane, body.Direction, body.Masks, body.Recognition, body.Motion, body.State), null);
        return TypedResults.Ok((await setups.FindCameraAsync(id, cancellationToken))!);
    }

    private static async Task<Results<NoContent, NotFound>> EndTrialAsync(string id, AuditedChange change, [FromServices] IObjectStore objects, CancellationToken cancellationToken)
    {
        await using var command = await change.CommandAsync("delete from cameras where id = $1 and state = 'trial' returning station_id", cancellationToken);
        command.Parameters.Add(new() { Value = id });
        if (await command.ExecuteScalarAsync(cancellationToken) is not string station)
        {
            return TypedResults.NotFound();
        }

        change.Afterwards(() => objects.DeleteAsync(CameraPicture.Key(station, id), CancellationToken.None));
        return TypedResults.NoContent();
    }

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> EdgeAsync(string[] station, HttpRequest request, ClaimsPrincipal user, EdgeRefusals refusals, StationSetups setups, CancellationToken cancellationToken)
    {
        if (await refusals.CheckAsync(user, station, request.Path) is { } refused)
        {
            return refused;
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(await setups.ForEdgeAsync(station, cancellationToken), ContractsJson.Default.EdgeConfiguration);
        var version = Convert.ToHexStringLower(System.IO.Hashing.XxHash128.Hash(json));
        return TypedResults.Bytes(json, "application/json", entityTag: new Microsoft.Net.Http.Headers.EntityTagHeaderValue($"\"{version}\""));
    }

    private static string? Check(int? lane, string? direction, IReadOnlyList<IReadOnlyList<double[]>>? masks, CameraRecognition? recognition, CameraMotion? motion) =>
        lane is < 0 or > MostLanes ? $"lane must be from 1 to {MostLanes}, or 0 if the camera has no lane."
        : direction?.Length > LongestDirection ? $"direction must have at most {LongestDirection} characters."
        : PrivacyMask.Check(masks ?? []) ?? CameraRecognition.Check(recognition) ?? CameraMotion.Check(motion);

    private static string Details(string? station, string? source, int? lane, string? direction, IReadOnlyList<IReadOnlyList<double[]>>? masks, CameraRecognition? recognition, CameraMotion? motion, string? state) =>
        JsonSerializer.Serialize(new { station, source = CameraAddress.Shown(source), lane, direction, masks, recognition, motion, state });
}
