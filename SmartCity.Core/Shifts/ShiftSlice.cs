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
using SmartCity.Core.Notifications;
using SmartCity.Core.Privacy;

namespace SmartCity.Core.Shifts;

/// <summary>Shifts of the control room: their log, how one is handed over, who is on duty.</summary>
internal static class ShiftSlice
{
    private const int LongestName = 100;
    private static readonly TimeSpan StillWork = TimeSpan.FromHours(24);

    public static IServiceCollection AddShifts(this IServiceCollection services) => services.AddSingleton<ShiftStore>().AddSingleton<ShiftDuty>();

    public static IEndpointRouteBuilder MapShifts(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/shifts").WithTags("Shifts").RequireAuthorization(Scope.ShiftsRead);
        group.MapGet("", ListAsync).WithSummary("Shifts of the control room, newest first, without their logs");
        group.MapGet("now", NowAsync).WithSummary("The shift that runs and the one before with their logs, what waits for somebody, and who is on duty");
        group.MapGet("{id:guid}", GetAsync).WithSummary("One shift with its log, and what waited when it was handed over; a reason is required").RequireReason("shifts.read");
        var write = group.MapGroup("").RequireAuthorization(Scope.ShiftsWrite);
        write.MapPost("", BeginAsync).WithSummary("Begins a shift when none runs").Audited("shifts.begin");
        write.MapPost("entries", WriteAsync).WithSummary("Writes into the log of the shift that runs; an entry stays as it is").DisableAntiforgery().Audited("shifts.write").AuditAbout((NewShiftEntry e) => ($"{e.Kind} {(e.Kind == ShiftReference.Vehicle ? ShiftRules.PlateOf(e.About) : e.About)}".Trim(), null));
        write.MapPost("entries/{id:guid}/strike", StrikeAsync).WithSummary("Strikes an entry, which is still seen; a reason is required").RequireReason("shifts.strike");
        write.MapPost("{id:guid}/handover", HandOverAsync).WithSummary("Hands the shift that runs over to somebody; what waits at this moment is kept with it").DisableAntiforgery().Audited("shifts.handover").AuditAbout((ShiftHandover h) => ($"to {h.To}", null));
        write.MapPost("{id:guid}/take", TakeAsync).WithSummary("Takes over a shift that somebody else has handed over: it ends, and the caller's begins").Audited("shifts.take");
        return app;
    }

    private static async Task<Results<Ok<Page<ShiftLogView>>, ProblemHttpResult>> ListAsync(ShiftStore store, CancellationToken cancellationToken, Cursor? after = null, int limit = Paging.DefaultLimit) =>
        Paging.CheckLimit(limit) is { } problem ? problem : TypedResults.Ok(Paging.ToPage(await store.ListAsync(after, limit + 1, cancellationToken), limit, s => new Cursor(s.BegunAt, s.Id)));

    private static async Task<Ok<ShiftsNow>> NowAsync(ClaimsPrincipal user, ShiftStore store, ShiftDuty duty, NotificationPlan rota, TimeProvider time, CancellationToken cancellationToken)
    {
        var (first, second) = await rota.OnNowAsync(cancellationToken);
        return TypedResults.Ok(new ShiftsNow(
            For(user, await store.RunningAsync(cancellationToken)), For(user, await store.LastAsync(time.GetUtcNow() - StillWork, cancellationToken)), For(user, await duty.WaitingAsync(cancellationToken)),
            first, second, await duty.SignedInAsync(cancellationToken), await duty.PeopleAsync(cancellationToken)));
    }

    private static async Task<Results<Ok<ShiftLogDetail>, NotFound>> GetAsync(Guid id, HttpContext http, ShiftStore store, CancellationToken cancellationToken) =>
        For(http.User, await store.FindAsync(id, Restricted.MaySee(http), cancellationToken)) is { } found ? TypedResults.Ok(found) : TypedResults.NotFound();

    private static async Task<Results<NoContent, ProblemHttpResult>> BeginAsync(ClaimsPrincipal user, ShiftStore store, AuditedChange change, CancellationToken cancellationToken) =>
        SignedInPerson.Check(user) is { } program ? program
        : await store.BeginAsync(user.Identity!.Name!, change, cancellationToken) ? TypedResults.NoContent()
        : Conflict("A shift runs already. Whoever holds it hands it over.");

    private static async Task<Results<Created<ShiftLogEntry>, ProblemHttpResult>> WriteAsync(NewShiftEntry body, ClaimsPrincipal user, ShiftStore store, AuditedChange change, CancellationToken cancellationToken)
    {
        if (ShiftRules.Check(body) is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        var about = body.Kind switch
        {
            null => null,
            ShiftReference.Vehicle => ShiftRules.PlateOf(body.About),
            ShiftReference.Station => body.About!.Trim(),
            _ => Guid.Parse(body.About!).ToString(),
        };
        var (found, plate) = about is null || body.Kind == ShiftReference.Vehicle ? (true, about) : await store.PlateOfAsync(body.Kind!, about, cancellationToken);
        return !found ? Paging.Problem($"There is no {body.Kind} {about}.")
            : await store.WriteAsync(body, about, plate, user.Identity!.Name!, change, cancellationToken) is { } written ? TypedResults.Created("/api/shifts/now", written)
            : Conflict("No shift runs. Begin one first.");
    }

    private static async Task<Results<Ok<ShiftLogEntry>, ProblemHttpResult>> StrikeAsync(Guid id, HttpContext http, ShiftStore store, AuditedChange change, CancellationToken cancellationToken) =>
        await store.StrikeAsync(id, http.User.Identity!.Name!, AuditFilter.ReasonOf(http), change, cancellationToken) is { } struck
            ? TypedResults.Ok(struck)
            : TypedResults.Problem("There is no such entry, or it is struck already.", statusCode: StatusCodes.Status404NotFound);

    private static async Task<Results<NoContent, ProblemHttpResult>> HandOverAsync(Guid id, ShiftHandover body, ClaimsPrincipal user, ShiftStore store, ShiftDuty duty, AuditedChange change, CancellationToken cancellationToken)
    {
        if (SignedInPerson.Check(user) is { } program)
        {
            return program;
        }

        if (body.To?.Trim() is not { Length: > 0 and <= LongestName } to || to == user.Identity!.Name)
        {
            return Paging.Problem("to must be the name of somebody else who takes over.");
        }

        if (body.Note?.Length > ShiftRules.LongestNote)
        {
            return Paging.Problem($"note has {body.Note.Length} characters; at most {ShiftRules.LongestNote} are allowed.");
        }

        // Users of an identity provider are not known here before they come.
        if (!to.Contains('@', StringComparison.Ordinal) && await duty.PeopleAsync(cancellationToken) is var people && !people.Contains(to))
        {
            return Paging.Problem($"There is no user {to} who may take over. These may: {string.Join(", ", people)}.");
        }

        return await store.HandOverAsync(id, to, string.IsNullOrWhiteSpace(body.Note) ? null : body.Note.Trim(), await duty.WaitingAsync(cancellationToken), user.Identity!.Name!, change, cancellationToken)
            ? TypedResults.NoContent()
            : Conflict("This shift does not run any more.");
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> TakeAsync(Guid id, ClaimsPrincipal user, ShiftStore store, AuditedChange change, CancellationToken cancellationToken) =>
        SignedInPerson.Check(user) is { } program ? program
        : await store.TakeAsync(id, user.Identity!.Name!, change, cancellationToken) ? TypedResults.NoContent()
        : Conflict("This shift was not handed over by somebody else, or somebody has taken it over already.");

    private static ShiftWaiting For(ClaimsPrincipal user, ShiftWaiting waiting) => ShiftRules.For(waiting, scope => user.HasClaim(Scope.Claim, scope));

    private static ShiftLogDetail? For(ClaimsPrincipal user, ShiftLogDetail? detail) => detail is { Waiting: { } waiting } ? detail with { Waiting = For(user, waiting) } : detail;

    private static ProblemHttpResult Conflict(string why) => TypedResults.Problem(why, statusCode: StatusCodes.Status409Conflict);
}
