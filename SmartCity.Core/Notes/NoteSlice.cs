using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Privacy;
using SmartCity.Core.Shifts;

namespace SmartCity.Core.Notes;

/// <summary>Short notes on vehicles and stations.</summary>
internal static class NoteSlice
{
    private const int LongestText = 500;

    public static IServiceCollection AddNotes(this IServiceCollection services) => services.AddSingleton<NoteStore>();

    public static IEndpointRouteBuilder MapNotes(this IEndpointRouteBuilder app)
    {
        var notes = app.MapGroup("/api/notes").WithTags("Notes");
        notes.MapPost("search", SearchAsync).WithSummary("Notes on a vehicle, newest first; a reason is required").RequireAuthorization(Scope.VehiclesSearch).DisableAntiforgery()
            .RequireReason("notes.search").AuditAbout((NotesAsked a) => (ShiftRules.PlateOf(a.Plate), null));
        notes.MapGet("alerts/{id:guid}", OfAlertAsync).WithSummary("Notes on the vehicle of an alert, newest first").RequireAuthorization(Scope.AlertsRead).Audited("notes.read");
        notes.MapGet("stations/{id}", async (string id, ClaimsPrincipal user, NoteStore store, CancellationToken cancellationToken) =>
                TypedResults.Ok(new Page<NoteView>(StationLimit.Allows(user, id) ? await store.OfStationAsync(id, cancellationToken) : [], null)))
            .WithSummary("Notes on a station, newest first").RequireAuthorization(Scope.AlertsRead).ForLimited();
        notes.MapPost("", AddAsync).WithSummary("Adds a note on a vehicle, a station or the vehicle of an alert").RequireAuthorization(Scope.NotesWrite).DisableAntiforgery()
            .Audited("notes.write").AuditAbout((NewNote n) => (ShiftRules.PlateOf(n.Plate) ?? n.StationId ?? n.AlertId?.ToString(), null)).ForLimited();
        notes.MapDelete("{id:guid}", RemoveAsync).WithSummary("Removes a note of the caller's; an administrator removes those of others, too").RequireAuthorization(Scope.NotesWrite)
            .Audited("notes.remove").AuditAbout((AuditName n) => (n.Name, null)).ForLimited();
        return app;
    }

    private static async Task<Results<Ok<Page<NoteView>>, ProblemHttpResult>> SearchAsync(NotesAsked body, HttpContext http, NoteStore store, CancellationToken cancellationToken) =>
        ShiftRules.PlateOf(body.Plate) is { } plate ? TypedResults.Ok(new Page<NoteView>(await store.OfVehicleAsync(plate, Restricted.MaySee(http), cancellationToken), null)) : NoPlate();

    private static async Task<Results<Ok<Page<NoteView>>, NotFound>> OfAlertAsync(Guid id, HttpContext http, NoteStore store, CancellationToken cancellationToken) =>
        await store.PlateOfAsync(id, cancellationToken) is { } plate ? TypedResults.Ok(new Page<NoteView>(await store.OfVehicleAsync(plate, Restricted.MaySee(http), cancellationToken), null)) : TypedResults.NotFound();

    private static async Task<Results<Created<NoteView>, NotFound, ProblemHttpResult>> AddAsync(NewNote body, ClaimsPrincipal user, NoteStore store, AuditedChange change, CancellationToken cancellationToken)
    {
        if (body.Text?.Trim() is not { Length: > 0 and <= LongestText } text)
        {
            return Paging.Problem($"text must have 1 to {LongestText} characters.");
        }

        if (new object?[] { body.Plate, body.StationId, body.AlertId }.Count(o => o is not null) != 1)
        {
            return Paging.Problem("Give one of plate, stationId and alertId: what the note is on.");
        }

        // What is on a vehicle is of the whole city.
        if (body.StationId is null && StationLimit.Of(user) is not null)
        {
            return TypedResults.Problem(StationLimit.Refusal(user), statusCode: StatusCodes.Status403Forbidden);
        }

        var by = user.Identity!.Name!;
        if (body.AlertId is { } alert)
        {
            return await store.PlateOfAsync(alert, cancellationToken) is { } its ? TypedResults.Created((string?)null, await store.AddAsync(its, null, text, by, change, cancellationToken)) : TypedResults.NotFound();
        }

        if (body.StationId is { } station)
        {
            return StationLimit.Allows(user, station) && await store.IsStationAsync(station, cancellationToken) ? TypedResults.Created((string?)null, await store.AddAsync(null, station, text, by, change, cancellationToken)) : Paging.Problem($"There is no station {station}.");
        }

        return ShiftRules.PlateOf(body.Plate) is { } plate ? TypedResults.Created((string?)null, await store.AddAsync(plate, null, text, by, change, cancellationToken)) : NoPlate();
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(Guid id, HttpContext http, AuditedChange change, CancellationToken cancellationToken)
    {
        if (await NoteStore.RemoveAsync(id, http.User.Identity!.Name!, http.User.HasClaim(Scope.Claim, Scope.AccessWrite), StationLimit.Of(http.User), change, cancellationToken) is not { } of)
        {
            return TypedResults.Problem("There is no such note, or somebody else wrote it.", statusCode: StatusCodes.Status404NotFound);
        }

        http.Items[AuditFilter.Details] = new AuditName(of);
        return TypedResults.NoContent();
    }

    private static ProblemHttpResult NoPlate() => Paging.Problem("plate must be 1 to 12 Latin letters and digits, such as AB12CDE.");
}
