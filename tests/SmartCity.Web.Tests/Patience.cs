using System.Runtime.CompilerServices;
using Bunit;

namespace SmartCity.Web.Tests;

/// <summary>How long a test waits for what a page is to show: longer than any machine takes.</summary>
internal static class Patience
{
    [ModuleInitializer]
    internal static void Set() => BunitContext.DefaultWaitTimeout = TimeSpan.FromSeconds(60);
}
