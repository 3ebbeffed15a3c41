using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Privacy;

namespace SmartCity.Core.Packages;

/// <summary>Evidence packages for people outside: a court, an appeal, another authority.</summary>
internal static class PackageSlice
{
    public static IServiceCollection AddPackages(this IServiceCollection services)
    {
        services.AddOptions<PackageOptions>().BindConfiguration(PackageOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<PackageGatherer>().AddSingleton<PackagePictures>().AddSingleton<EvidencePackages>();
    }

    public static IEndpointRouteBuilder MapPackages(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/packages").WithTags("Evidence packages").RequireAuthorization(Scope.EvidenceExport);
        group.MapGet("key", Key).WithSummary("The public key that the manifests of packages are signed with, PEM");
        group.MapGet("charges/{id:guid}", ChargeAsync).WithSummary("Everything that a charge rests on, as a ZIP with a signed manifest; a reason is required").RequireAuthorization(Scope.ChargesRead)
            .RequireReason("packages.charge").Produces(StatusCodes.Status200OK, contentType: EvidencePackages.ContentType);
        group.MapGet("alerts/{id:guid}", AlertAsync).WithSummary("Everything that an alert rests on, as a ZIP with a signed manifest; a reason is required").RequireAuthorization(Scope.AlertsRead)
            .RequireReason("packages.alert").Produces(StatusCodes.Status200OK, contentType: EvidencePackages.ContentType);
        return app;
    }

    private static Results<ContentHttpResult, ProblemHttpResult> Key(EvidencePackages packages) =>
        packages.Missing is { } why ? NoKey(why) : TypedResults.Text(packages.PublicKey, "application/x-pem-file");

    private static async Task<Results<FileStreamHttpResult, NotFound, ProblemHttpResult>> ChargeAsync(Guid id, PackageGatherer gatherer, EvidencePackages packages, HttpContext http, CancellationToken cancellationToken)
    {
        if (packages.Missing is { } why)
        {
            return NoKey(why);
        }

        var records = new PackageRecords();
        if (!await gatherer.AddChargeAsync(records, id, cancellationToken))
        {
            return TypedResults.NotFound();
        }

        var charge = records.Charges[0];
        return await SendAsync(Order($"charge {id}", $"Evidence of a charge: {charge.Plate}, {PackageText.Scheme(charge.Scheme)}, {PackageText.Day(charge.Day)}", records, http), $"charge-{charge.Plate}-{charge.Scheme}-{charge.Day:yyyy-MM-dd}.zip", charge.Plate, packages, http, cancellationToken);
    }

    private static async Task<Results<FileStreamHttpResult, NotFound, ProblemHttpResult>> AlertAsync(Guid id, PackageGatherer gatherer, EvidencePackages packages, HttpContext http, CancellationToken cancellationToken)
    {
        if (packages.Missing is { } why)
        {
            return NoKey(why);
        }

        var records = new PackageRecords();
        if (!await gatherer.AddAlertAsync(records, id, cancellationToken))
        {
            return TypedResults.NotFound();
        }

        var alert = records.Alerts[0].Alert;
        return await SendAsync(Order($"alert {id}", $"Evidence of an alert: {alert.Plate}", records, http), $"alert-{alert.Plate}-{id}.zip", alert.Plate, packages, http, cancellationToken);
    }

    private static PackageOrder Order(string of, string title, PackageRecords records, HttpContext http) => new(of, title, records, http.User.Identity!.Name!, AuditFilter.ReasonOf(http));

    /// <summary>Sends a package. The audit says which was given out: its manifest has this SHA-256.</summary>
    public static async Task<Results<FileStreamHttpResult, NotFound, ProblemHttpResult>> SendAsync(PackageOrder order, string fileName, string? plate, EvidencePackages packages, HttpContext http, CancellationToken cancellationToken)
    {
        // Only what is handed out is processed for others: what it rests on stays with those who deal with it.
        if (!Restricted.MaySee(http) && await http.RequestServices.GetRequiredService<Restrictions>().AmongAsync(order.Records.Plates, cancellationToken) is { Count: > 0 })
        {
            return TypedResults.Problem($"Somebody has had the processing of a vehicle's data restricted, and this package would have rows of it. Whoever has the scope {Scope.PrivacyWrite} can make it.", statusCode: StatusCodes.Status409Conflict, title: "The vehicle is restricted");
        }

        try
        {
            var (zip, sha256) = await packages.MakeAsync(order, cancellationToken);
            http.Items[AuditFilter.Details] = new PackageGiven(plate, sha256);
            return TypedResults.Stream(zip, EvidencePackages.ContentType, fileName);
        }
        catch (PackageTooLargeException e)
        {
            return TooLarge(e.Message);
        }
    }

    public static ProblemHttpResult TooLarge(string why) => TypedResults.Problem(why, statusCode: StatusCodes.Status409Conflict, title: "The package would be too large");

    public static ProblemHttpResult NoKey(string why) => TypedResults.Problem(why, statusCode: StatusCodes.Status409Conflict, title: "The package cannot be signed");
}

/// <summary>What the audit says of a package.</summary>
/// <param name="Manifest">SHA-256 of its manifest.</param>
internal sealed record PackageGiven(string? Plate, string Manifest);
