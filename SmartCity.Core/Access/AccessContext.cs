using System.Text.Json;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace SmartCity.Core.Access;

/// <summary>Where ASP.NET Core Identity keeps its users. The tables are made by the migrations beside this file.</summary>
internal sealed class AccessContext(DbContextOptions<AccessContext> options) : IdentityUserContext<User, Guid>(options)
{
    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        foreach (var entity in builder.Model.GetEntityTypes())
        {
            if (entity.IsMappedToJson())
            {
                entity.SetContainerColumnName("data");
                continue;
            }

            entity.SetTableName(entity.ClrType == typeof(User) ? "users" : JsonNamingPolicy.SnakeCaseLower.ConvertName(entity.ClrType.Name.Split('`')[0]["Identity".Length..]) + "s");
            foreach (var property in entity.GetProperties())
            {
                property.SetColumnName(JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));
            }
        }
    }
}
