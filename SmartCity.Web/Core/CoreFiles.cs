using System.Globalization;
using System.Net;
using System.Net.Mime;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Contracts.Api;
using SmartCity.ServiceDefaults.Access;
using SmartCity.Web.Access;
using SmartCity.Web.Components.Parts;
using static SmartCity.Web.Languages.CoreWords;
using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Core;

/// <summary>Pictures and files of the core for the browser, which never asks the core itself.</summary>
internal static class CoreFiles
{
    /// <summary>Address of the form that asks for a file, and its fields for the API's path and the reason.</summary>
    public const string Download = "download";
    public const string Path = "api-path";
    public const string Reason = "audit-reason";

    /// <summary>Address of the form that asks for the answer to a statement, and its field for the statement.</summary>
    public const string DownloadSql = "download-sql";
    public const string Sql = "sql";
    public const string Format = "format";

    private const string PictureCaching = "private, max-age=86400, immutable";
    private static readonly TimeSpan PictureWithin = TimeSpan.FromSeconds(30);

    public static IEndpointRouteBuilder MapCoreFiles(this IEndpointRouteBuilder app)
    {
        var files = app.MapGroup("").AddEndpointFilter(SayWhenAwayAsync);
        files.MapGet("/evidence/{**key}", PictureAsync).RequireAuthorization(Scope.LiveRead);
        files.MapGet("/cameras/{id}/picture", CameraPictureAsync).RequireAuthorization(Scope.LiveRead);
        // Each look at a face is a line of the audit, and no browser keeps what it shows.
        files.MapGet("/face-pictures/matches/{id:guid}", (Guid id, CoreClient core, HttpContext context) => PictureOfAsync($"faces/matches/{id}/picture", false, core, context)).RequireAuthorization(Scope.FacesReview);
        files.MapGet("/face-pictures/matches/{id:guid}/enrolled/{number:int}", (Guid id, int number, CoreClient core, HttpContext context) => PictureOfAsync($"faces/matches/{id}/enrolled/{number}", false, core, context)).RequireAuthorization(Scope.FacesReview);
        files.MapGet("/face-pictures/entries/{id:guid}/{number:int}", (Guid id, int number, CoreClient core, HttpContext context) => PictureOfAsync($"faces/entries/{id}/pictures/{number}", false, core, context)).RequireAuthorization(Scope.FacesEnrol);
        files.MapGet("/investigation-pictures/{id:guid}/{**key}", (Guid id, string key, CoreClient core, HttpContext context) => PictureOfAsync($"investigations/{id}/pictures/{key}", true, core, context)).RequireAuthorization(Scope.InvestigationsRead);
        files.MapGet("/model-pictures/{id:guid}", (Guid id, CoreClient core, HttpContext context) => PictureOfAsync($"models/items/{id}/picture", false, core, context)).RequireAuthorization(Scope.ModelsWrite);
        // The cookie is not sent with a form of another site (SameSite).
        files.MapPost("/" + Download, DownloadAsync).RequireAuthorization(SignedIn.Policy).DisableAntiforgery();
        files.MapPost("/" + DownloadSql, DownloadSqlAsync).RequireAuthorization(Scope.SqlRun).DisableAntiforgery();
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
            return TypedResults.Text($"{Wording.Away} {Wording.TryAgain}", statusCode: StatusCodes.Status502BadGateway);
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
    private static async Task CameraPictureAsync(string id, CoreClient core, HttpContext context, bool watch = false)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        timeout.CancelAfter(PictureWithin);
        using var picture = await core.InBackground.CameraPictureAsync(id, context.Request.Headers.IfNoneMatch.ToString(), timeout.Token, watch);
        if (watch && picture.StatusCode == HttpStatusCode.NotFound)
        {
            // It comes in a moment, and a browser would tell of an error.
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        context.Response.Headers.CacheControl = "private, no-cache";
        context.Response.Headers.ETag = picture.Headers.ETag?.ToString();
        context.Response.Headers.LastModified = picture.Content.Headers.LastModified?.ToString("R", CultureInfo.InvariantCulture);
        await PassOnAsync(picture, context, timeout.Token);
    }

    /// <param name="path">Of the core's API.</param>
    /// <param name="kept">Whether the browser may keep it.</param>
    private static async Task PictureOfAsync(string path, bool kept, CoreClient core, HttpContext context)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        timeout.CancelAfter(PictureWithin);
        using var picture = await core.OpenAsync("api/" + path, null, timeout.Token);
        context.Response.Headers.CacheControl = kept && picture.IsSuccessStatusCode ? PictureCaching : "no-store";
        await PassOnAsync(picture, context, timeout.Token);
    }

    // A form can send no header: the reason for the audit comes as a field. What may be loaded is the core's to say.
    private static async Task DownloadAsync(CoreClient core, HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var query = form.Where(p => p.Key is not (Path or Reason)).SelectMany(p => p.Value, (p, value) => KeyValuePair.Create(p.Key, value));
        var reason = form[Reason].ToString() is { Length: > 0 } given ? given : null;
        using var file = await core.OpenAsync(QueryHelpers.AddQueryString("api/" + form[Path], query), reason, context.RequestAborted);
        await PassOnFileAsync(file, context);
    }

    private static async Task DownloadSqlAsync(CoreClient core, HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        using var file = await core.ExportSqlAsync(form[Sql].ToString(), form[Format].ToString() is { Length: > 0 } format ? format : "csv", form[Reason].ToString() is { Length: > 0 } given ? given : null, context.RequestAborted);
        await PassOnFileAsync(file, context);
    }

    // It opens in a tab of its own: what is refused there is said as a page, not as a program's answer.
    private static async Task PassOnFileAsync(HttpResponseMessage file, HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (!file.IsSuccessStatusCode)
        {
            var why = await CoreClient.WhyRefusedAsync(file, context.RequestAborted);
            context.Response.StatusCode = (int)file.StatusCode;
            context.Response.ContentType = "text/html; charset=utf-8";
            await context.Response.WriteAsync(RefusedPage(why), context.RequestAborted);
            return;
        }

        context.Response.Headers.ContentDisposition = file.Content.Headers.ContentDisposition?.ToString();
        await PassOnAsync(file, context, context.RequestAborted);
    }

    private static string RefusedPage(string why) =>
        $"""
        <!doctype html>
        <html lang="{Languages.Language.Current}">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{Say("No download")} · SmartCity</title></head>
        <body><h1>{Say("The file was not downloaded")}</h1><p>{System.Net.WebUtility.HtmlEncode(why)}</p><p>{Say("Close this tab to go back to the console.")}</p></body>
        </html>
        """;

    private static async Task PassOnAsync(HttpResponseMessage response, HttpContext context, CancellationToken cancellationToken)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        if (Languages.Language.Current != Languages.Language.English && response.Content.Headers.ContentType?.MediaType == MediaTypeNames.Application.ProblemJson && await ProblemAsync(response, cancellationToken) is { } problem)
        {
            // A page says by its title why there is no picture.
            (problem.Title, problem.Detail) = (Said(problem.Title), Said(problem.Detail));
            await context.Response.WriteAsJsonAsync(problem, options: null, MediaTypeNames.Application.ProblemJson, cancellationToken);
            return;
        }

        await response.Content.CopyToAsync(context.Response.Body, cancellationToken);
    }

    // What is kept in memory here can still be passed on as it is.
    private static async Task<ProblemDetails?> ProblemAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await response.Content.LoadIntoBufferAsync(cancellationToken);
        try
        {
            return await response.Content.ReadFromJsonAsync<ProblemDetails>(cancellationToken);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
