using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Charges;
using SmartCity.Core.Lake;

namespace SmartCity.Core.Privacy;

/// <summary>What the law gives whoever drives past: to be told what is stored of a plate, to have it erased, and to have its processing restricted.</summary>
internal static class PrivacySlice
{
    public static IServiceCollection AddPrivacy(this IServiceCollection services)
    {
        services.AddSingleton<LakeErasure>().AddSingleton<LakePlateRows>().AddSingleton<Erasures>().AddSingleton<Restrictions>().AddSingleton<ErasureSteps>().AddSingleton<AccessPackage>().AddSingleton<ErasureWorker>();
        return services.AddHostedService(provider => provider.GetRequiredService<ErasureWorker>());
    }

    public static IEndpointRouteBuilder MapPrivacy(this IEndpointRouteBuilder app)
    {
        var privacy = app.MapGroup("/api/privacy").WithTags("Privacy").RequireAuthorization(Scope.PrivacyWrite);
        privacy.MapGet("records", () => TypedResults.Ok(PlateRecord.All.Select(r => r.View))).WithSummary("The records that hold plates: what for, for whom, and what an erasure leaves");
        privacy.MapGet("access", AccessAsync).WithSummary("Everything that is stored of a plate, as a ZIP with an index to read, tables as CSV and the pictures")
            .RequireReason("privacy.access", "plate").Produces(StatusCodes.Status200OK, contentType: AccessPackage.ContentType);
        privacy.MapGet("erasures", async (Erasures erasures, CancellationToken cancellationToken) => TypedResults.Ok(await erasures.ListAsync(cancellationToken))).WithSummary("Erasures, newest first, with what was erased and what was kept and why");
        privacy.MapPost("erasures", EraseAsync).WithSummary("Erases a plate in the database, the pictures and the lake; what a charge, an alert or a waiting case rests on is kept").DisableAntiforgery()
            .RequireReason("privacy.erase").AuditAbout((PlateAsked a) => (a.Plate, null));
        privacy.MapGet("restrictions", async (Restrictions restrictions, CancellationToken cancellationToken) => TypedResults.Ok(await restrictions.ListAsync(cancellationToken))).WithSummary("Restrictions of plates, those that stand first, with what each covers");
        privacy.MapPost("restrictions", RestrictAsync).WithSummary("Restricts the processing of a plate from a day on, until it is lifted: what is stored stays, and no list, search or export shows it to anybody without the scope privacy:write and a reason").DisableAntiforgery()
            .RequireReason("privacy.restrict").AuditAbout((NewRestriction n) => (n.Plate, null));
        privacy.MapPost("restrictions/{id:guid}/lift", LiftAsync).WithSummary("Lifts a restriction").RequireReason("privacy.lift").AuditAbout((RestrictionView v) => (v.Plate, null));
        return app;
    }

    private static async Task<Results<FileStreamHttpResult, ProblemHttpResult>> AccessAsync(AccessPackage package, CancellationToken cancellationToken, string? plate = null) =>
        Normalised(plate) is { } asked ? TypedResults.Stream(await package.MakeAsync(asked, cancellationToken), AccessPackage.ContentType, $"{asked}.zip") : NoPlate();

    private static async Task<Results<Accepted<ErasureView>, ProblemHttpResult>> EraseAsync(PlateAsked asked, ClaimsPrincipal user, Erasures erasures, ErasureWorker worker, AuditedChange change, HttpContext http, CancellationToken cancellationToken)
    {
        if (Normalised(asked.Plate) is not { } plate)
        {
            return NoPlate();
        }

        if (await erasures.AskAsync(plate, AuditFilter.ReasonOf(http), user.Identity!.Name!, change, cancellationToken) is not { } erasure)
        {
            return TypedResults.Problem($"The processing of {plate} is restricted, so that what is stored of it stays. Lift the restriction first.", statusCode: StatusCodes.Status409Conflict, title: "The plate is restricted");
        }

        change.Afterwards(worker.Ask);
        return TypedResults.Accepted("/api/privacy/erasures", erasure);
    }

    private static async Task<Results<Created<RestrictionView>, ProblemHttpResult>> RestrictAsync(NewRestriction asked, ClaimsPrincipal user, Restrictions restrictions, ChargingCity city, TimeProvider time, AuditedChange change, HttpContext http, CancellationToken cancellationToken)
    {
        if (Normalised(asked.Plate) is not { } plate)
        {
            return NoPlate();
        }

        return await restrictions.AddAsync(plate, asked.From ?? city.Today(time), AuditFilter.ReasonOf(http), user.Identity!.Name!, change, cancellationToken) is { } added
            ? TypedResults.Created("/api/privacy/restrictions", added)
            : TypedResults.Problem($"{plate} is restricted already, or is being erased.", statusCode: StatusCodes.Status409Conflict, title: "The plate cannot be restricted");
    }

    private static async Task<Results<Ok<RestrictionView>, NotFound>> LiftAsync(Guid id, ClaimsPrincipal user, Restrictions restrictions, AuditedChange change, HttpContext http, CancellationToken cancellationToken) =>
        await restrictions.LiftAsync(id, AuditFilter.ReasonOf(http), user.Identity!.Name!, change, cancellationToken) is { } lifted ? TypedResults.Ok(lifted) : TypedResults.NotFound();

    private static string? Normalised(string? text) =>
        PlateText.OrNull(text) is { Length: > 0 and <= 12 } plate && plate.All(char.IsAsciiLetterOrDigit) ? plate : null;

    private static ProblemHttpResult NoPlate() => Paging.Problem("plate must be 1 to 12 Latin letters and digits, such as AB12CDE.");
}
