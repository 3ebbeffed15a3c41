using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Charges;

namespace SmartCity.Core.Faces;

internal static class FaceDeploymentEndpoints
{
    public static IEndpointRouteBuilder MapFaceDeployments(this IEndpointRouteBuilder app)
    {
        var read = app.MapGroup("/api/faces/deployments").WithTags(FaceSlice.Tag).RequireAuthorization(Scope.FacesRead);
        read.MapGet("", ListAsync).WithSummary("Deployment records, the last written first");
        read.MapGet("{id:guid}", FindAsync).WithSummary("One deployment record");
        read.MapGet("{id:guid}/notice", NoticeAsync).WithSummary("The public notice, as plain text").Produces<string>(contentType: "text/plain");
        var write = app.MapGroup("/api/faces/deployments").WithTags(FaceSlice.Tag).RequireAuthorization(Scope.FacesDeploy);
        write.MapPost("", WriteAsync).WithSummary("Writes a deployment record; nothing comes of it before two people have signed it").Audited("faces.write", recordBody: true).AuditAbout((FaceDeploymentView d) => (d.Id.ToString(), null));
        write.MapPost("{id:guid}/sign", SignAsync).WithSummary("Signs a deployment record; two different people must").Audited("faces.sign");
        write.MapPost("{id:guid}/revoke", RevokeAsync).WithSummary("Ends a deployment at once; its edges destroy their templates").RequireReason("faces.revoke");
        return app;
    }

    private static async Task<Results<Ok<Page<FaceDeploymentView>>, ProblemHttpResult>> ListAsync(FaceDeployments deployments, CancellationToken cancellationToken, Cursor? after = null, int limit = Paging.DefaultLimit) =>
        Paging.CheckLimit(limit) is { } problem ? problem : TypedResults.Ok(await deployments.ListAsync(after, limit, cancellationToken));

    private static async Task<Results<Ok<FaceDeploymentView>, NotFound>> FindAsync(Guid id, FaceDeployments deployments, CancellationToken cancellationToken) =>
        await deployments.FindAsync(id, cancellationToken) is { } deployment ? TypedResults.Ok(deployment) : TypedResults.NotFound();

    private static async Task<Results<ContentHttpResult, NotFound>> NoticeAsync(Guid id, FaceDeployments deployments, ChargingCity city, IOptions<FaceOptions> options, CancellationToken cancellationToken) =>
        await deployments.FindAsync(id, cancellationToken) is { } deployment ? TypedResults.Text(FaceNotice.Of(deployment, city, options.Value)) : TypedResults.NotFound();

    private static async Task<Results<Ok<FaceDeploymentView>, ProblemHttpResult>> WriteAsync(NewFaceDeployment body, ClaimsPrincipal user, FaceDeployments deployments, AuditedChange change, TimeProvider time, CancellationToken cancellationToken)
    {
        if (SignedInPerson.Check(user) is { } program)
        {
            return program;
        }

        if (FaceRules.Check(body, time.GetUtcNow()) is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        try
        {
            return TypedResults.Ok(await deployments.WriteAsync(body, user.Identity!.Name!, change, cancellationToken));
        }
        catch (InvalidDataException e)
        {
            return Paging.Problem(e.Message);
        }
    }

    private static async Task<Results<Ok<FaceDeploymentView>, NotFound, ProblemHttpResult>> SignAsync(Guid id, ClaimsPrincipal user, FaceDeployments deployments, AuditedChange change, CancellationToken cancellationToken)
    {
        if (SignedInPerson.Check(user) is { } program)
        {
            return program;
        }

        try
        {
            return await deployments.SignAsync(id, user.Identity!.Name!, change, cancellationToken) is { } signed ? TypedResults.Ok(signed) : TypedResults.NotFound();
        }
        catch (InvalidDataException e)
        {
            return FaceSlice.Conflict(e.Message);
        }
    }

    private static async Task<Results<Ok<FaceDeploymentView>, NotFound, ProblemHttpResult>> RevokeAsync(Guid id, ClaimsPrincipal user, HttpContext http, FaceDeployments deployments, AuditedChange change, CancellationToken cancellationToken)
    {
        try
        {
            return await deployments.RevokeAsync(id, user.Identity!.Name!, AuditFilter.ReasonOf(http), change, cancellationToken) is { } revoked ? TypedResults.Ok(revoked) : TypedResults.NotFound();
        }
        catch (InvalidDataException e)
        {
            return FaceSlice.Conflict(e.Message);
        }
    }
}
