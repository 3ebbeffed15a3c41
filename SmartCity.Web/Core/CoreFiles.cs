using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Contracts.Api;
using SmartCity.ServiceDefaults.Access;
using SmartCity.Web.Access;
using SmartCity.Web.Components.Parts;

namespace SmartCity.Web.Core;

/// <summary>Pictures and files of the core for the browser, which never asks the core itself.</summary>
internal static class CoreFiles
{
    private const string Reason = "reason";
    private const string PictureCaching = "private, max-age=86400, immutable";
    private static readonly TimeSpan PictureWithin = TimeSpan.FromSeconds(30);

    public static IEndpointRouteBuilder MapCoreFiles(this IEndpointRouteBuilder app)
    {
        var files = app.MapGroup("").AddEndpointFilter(SayWhenAwayAsync);
        files.MapGet("/evidence/{**key}", PictureAsync).RequireAuthorization(Scope.LiveRead);
        files.MapGet("/cameras/{id}/picture", CameraPictureAsync).RequireAuthorization(Scope.LiveRead);
        files.MapGet("/download/{**path}", DownloadAsync).RequireAuthorization(SignedIn.Policy);
        return app;
    }

    // What was half sent can only be broken off.
    private static async ValueTask<object?> SayWhenAwayAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var context = invocation.HttpContext;
        try
        {
            return await next(invocation);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted)
        {
            context.RequestServices.GetRequiredService<ILogger<CoreClient>>().LogWarning("A file could not be had from the core: {Error}", e.Message);
            context.Response.Clear();
            return TypedResults.Text(Wording.Away + " Try again in a moment.", statusCode: StatusCodes.Status502BadGateway);
        }
    }

    private static async Task PictureAsync(string key, CoreClient core, SignedInUser user, PatchCache patches, HttpContext context)
    {
        // Pictures of plates, and of cameras, come by themselves with what passes.
        if (PatchCache.Holds(key) && await patches.MayAsync(await user.TokenAsync(), core.InBackground) && await patches.GetAsync(key, core.InBackground) is { } patch)
        {
            context.Response.Headers.CacheControl = PictureCaching;
            context.Response.ContentType = "image/jpeg";
            context.Response.ContentLength = patch.Length;
            await context.Response.Body.WriteAsync(patch, context.RequestAborted);
            return;
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        timeout.CancelAfter(PictureWithin);
        using var picture = await (PatchCache.Holds(key) ? core.InBackground : core).EvidenceAsync(key, timeout.Token);
        context.Response.Headers.CacheControl = picture.IsSuccessStatusCode ? PictureCaching : "no-store";
        context.Response.Headers.RetryAfter = picture.Headers.RetryAfter?.ToString();

        await PassOnAsync(picture, context, timeout.Token);
    }

    // What the browser has already is not sent again.
    private static async Task CameraPictureAsync(string id, CoreClient core, HttpContext context)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        timeout.CancelAfter(PictureWithin);
        using var picture = await core.InBackground.CameraPictureAsync(id, context.Request.Headers.IfNoneMatch.ToString(), timeout.Token);
        context.Response.Headers.CacheControl = "private, no-cache";
        context.Response.Headers.ETag = picture.Headers.ETag?.ToString();
        context.Response.Headers.LastModified = picture.Content.Headers.LastModified?.ToString("R", CultureInfo.InvariantCulture);
        await PassOnAsync(picture, context, timeout.Token);
    }

    // A link can hold no header: the reason for the audit comes as a parameter. What may be loaded is the core's to say.
    private static async Task DownloadAsync(string path, CoreClient core, HttpContext context)
    {
        var query = context.Request.Query.Where(p => p.Key != Reason).SelectMany(p => p.Value, (p, value) => KeyValuePair.Create(p.Key, value));
        var reason = context.Request.Query[Reason].ToString() is { Length: > 0 } given ? given : null;
        using var file = await core.OpenAsync(QueryHelpers.AddQueryString("api/" + path, query), reason, context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ContentDisposition = file.Content.Headers.ContentDisposition?.ToString();
        await PassOnAsync(file, context, context.RequestAborted);
    }

    private static async Task PassOnAsync(HttpResponseMessage response, HttpContext context, CancellationToken cancellationToken)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        await response.Content.CopyToAsync(context.Response.Body, cancellationToken);
    }
}
