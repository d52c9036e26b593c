import type { PlanRow } from './number-plan-nanp.ts'

/**
 * Mexico by area code (lada), Brazil by DDD: the two countries whose clocks differ by area code; state of November
 * 2026. Mexico: without summer time since October 2022, except along the northern border.
 */
const MEXICO = `
America/Tijuana                         616 646 658 661 663 664 665 686
America/Hermosillo                      622 623 631 632 633 634 637 638 641 642 643 644 645 647 651 653 662
America/Mazatlan                        612 613 615 624 667 668 669 672 673 687 694 695 696 697 698
America/Mazatlan                        311 319 323 324 325 327 389
America/Bahia_Banderas                  329
America/Chihuahua                       614 625 627 628 629 635 639 648 649 652 659
America/Chihuahua,America/Ciudad_Juarez 636
America/Ciudad_Juarez                   656
America/Ojinaga                         626
America/Matamoros                       867 868 877 878 891 894 897 899
America/Matamoros,America/Monterrey     862 872 873 892
America/Cancun                          983 984 987 998
America/Cancun,America/Merida           997
`

const BRAZIL = `
America/Sao_Paulo                       11 12 13 14 15 16 17 18 19 21 22 24 27 28 31 32 33 34 35 37 38 41 42 43 44 45 46
America/Sao_Paulo                       47 48 49 51 53 54 55 61 62 64
America/Araguaina                       63
America/Cuiaba                          65 66
America/Campo_Grande                    67
America/Rio_Branco                      68
America/Porto_Velho                     69
America/Bahia                           71 73 74 75 77
America/Maceio                          79 82
America/Recife,America/Noronha          81
America/Recife                          87
America/Fortaleza                       83 84 85 86 88 89 98 99
America/Belem                           91 94 96
America/Manaus                          92
America/Santarem                        93
America/Boa_Vista                       95
America/Manaus,America/Rio_Branco       97
`

export const LATIN: PlanRow[] = [
  ['52', 'MX', ['America/Mexico_City']],
  ...byArea('52', 'MX', MEXICO),
  ['55', 'BR', ['America/Noronha', 'America/Sao_Paulo', 'America/Manaus', 'America/Rio_Branco']],
  ...byArea('55', 'BR', BRAZIL),
  ['57', 'CO', ['America/Bogota']],
]

function byArea(code: string, country: string, table: string): PlanRow[] {
  return table
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [zones = '', ...areas] = line.split(/\s+/)
      return areas.map((area): PlanRow => [code + area, country, zones.split(',')])
    })
}
