using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace SmartCity.Web;

/// <summary>The operator console.</summary>
public static class ConsoleModule
{
    public static IHostApplicationBuilder AddConsole(this IHostApplicationBuilder builder) => builder;

    public static IEndpointRouteBuilder MapConsole(this IEndpointRouteBuilder app) => app;
}
