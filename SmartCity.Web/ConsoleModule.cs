using MudBlazor.Services;
using SmartCity.Web.Components;
using SmartCity.Web.Core;

namespace SmartCity.Web;

/// <summary>The operator console. It knows the core only over HTTP, at <c>Core:Address</c>.</summary>
public static class ConsoleModule
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    public static IHostApplicationBuilder AddConsole(this IHostApplicationBuilder builder)
    {
        var address = builder.Configuration["Core:Address"] ?? "http://localhost:8080";
        builder.Services.AddRazorComponents().AddInteractiveServerComponents();
        builder.Services.AddMudServices();
#pragma warning disable EXTEXP0001 // The standard handler's timeouts would end the live stream; connecting again is its own affair.
        builder.Services.AddHttpClient<CoreClient>(http =>
        {
            http.BaseAddress = new Uri(address);
            http.Timeout = System.Threading.Timeout.InfiniteTimeSpan;
        }).RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
        builder.Services.AddSingleton<LiveConnection>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<LiveConnection>());
        return builder;
    }

    public static IEndpointRouteBuilder MapConsole(this IEndpointRouteBuilder app)
    {
        if (app is IApplicationBuilder pipeline)
        {
            pipeline.UseAntiforgery();
        }

        app.MapStaticAssets();
        app.MapGet("/evidence/{**key}", PictureAsync);
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
        return app;
    }

    // The browser asks the console for pictures, never the core.
    private static async Task PictureAsync(string key, CoreClient core, HttpContext context)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        timeout.CancelAfter(Timeout);
        using var picture = await core.EvidenceAsync(key, timeout.Token);
        context.Response.StatusCode = (int)picture.StatusCode;
        if (picture.IsSuccessStatusCode)
        {
            context.Response.ContentType = picture.Content.Headers.ContentType?.ToString();
            context.Response.Headers.CacheControl = "private, max-age=86400, immutable";
            await picture.Content.CopyToAsync(context.Response.Body, timeout.Token);
        }
    }
}
